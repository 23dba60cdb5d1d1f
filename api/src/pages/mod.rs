//! Pages for people: the way in, where the links of mails lead, the mails that are
//! kept instead of sent, and what administrators operate.

mod account;
mod admin;
mod form;
mod outbox;
mod unsubscribe;

pub(crate) use self::unsubscribe::whose_mails;

use std::sync::LazyLock;

use base64::{Engine, engine::general_purpose::STANDARD};
use minijinja::{Environment, Value, context};
use poem::{
    Response, Route, handler,
    http::{HeaderValue, header},
    web::Data,
};
use sha2::{Digest, Sha256};

use crate::{
    App,
    methods::get,
    problem::{Problem, Result},
};

const STYLE: &str = include_str!("style.css");

/// Escapes by itself what templates named `.html` insert.
static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut templates = Environment::new();
    admin::add_filters(&mut templates);
    for (name, text) in [
        ("layout.html", include_str!("layout.html")),
        ("home.html", include_str!("home.html")),
        ("outbox.html", include_str!("outbox.html")),
        ("outbox_closed.html", include_str!("outbox_closed.html")),
        ("mail.html", include_str!("mail.html")),
    ]
    .into_iter()
    .chain(account::TEMPLATES)
    .chain(unsubscribe::TEMPLATES)
    .chain(admin::TEMPLATES)
    {
        #[expect(clippy::expect_used, reason = "compiled in and tested")]
        templates
            .add_template(name, text)
            .expect("a right template");
    }
    templates
});

/// No script and nothing from elsewhere; the one stylesheet by its hash.
static POLICY: LazyLock<Option<HeaderValue>> = LazyLock::new(|| {
    let hash = STANDARD.encode(Sha256::digest(STYLE));
    HeaderValue::from_str(&format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'self'; \
         frame-ancestors 'none'"
    ))
    .ok()
});

pub(crate) fn add_to(route: Route) -> Route {
    unsubscribe::add_to(account::add_to(admin::add_to(route)))
        .at("/", get(home))
        .at("/outbox", get(outbox::list))
        .at("/outbox/:name", get(outbox::show))
}

fn render(name: &str, values: Value) -> Result<Response> {
    let html = TEMPLATES
        .get_template(name)
        .and_then(|template| template.render(values))
        .map_err(Problem::internal)?;
    Ok(Response::builder()
        .content_type("text/html; charset=utf-8")
        .body(html))
}

fn page(name: &str, values: Value) -> Result<Response> {
    let mut response = render(name, context! { style => STYLE, ..values })?;
    if let Some(policy) = &*POLICY {
        response
            .headers_mut()
            .insert(header::CONTENT_SECURITY_POLICY, policy.clone());
    }
    Ok(response)
}

#[handler]
fn home(app: Data<&App>, request: &poem::Request) -> Result<Response> {
    page(
        "home.html",
        context! { has_outbox => outbox::is_open(&app.config, request) },
    )
}
