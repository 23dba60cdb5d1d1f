//! Pages on which administrators operate the tasks: complete in themselves, with
//! plain forms that work without a script.

mod analytics;
mod fleet;
mod mails;
mod plots;
mod previews;
mod queues;
mod recommendations;
mod searches;
mod session;
mod suppressions;
mod tasks;

use std::sync::LazyLock;

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use jobboard_shared::{
    pagination::{Paging, Start},
    queue::operate::words,
};
use minijinja::{Environment, Value, context};
use poem::{
    IntoResponse, Request, Response, Route, handler,
    http::{HeaderValue, StatusCode, header},
    web::Redirect,
};
use sha2::{Digest, Sha256};
use url::form_urlencoded;

use self::session::{Visit, visit};
use crate::{
    App,
    methods::{get, post},
    pages::form::Fields,
    problem::{Problem, Result},
};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("refresh.js");

/// The one script and the one stylesheet by their hashes; nothing from elsewhere.
static POLICY: LazyLock<Option<HeaderValue>> = LazyLock::new(|| {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text));
    HeaderValue::from_str(&format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; connect-src 'self'; \
         frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
        hash(STYLE),
        hash(SCRIPT),
    ))
    .ok()
});

pub(super) fn add_to(route: Route) -> Route {
    route
        .at("/admin", get(home))
        .at(
            "/admin/login",
            get(session::login_page).post(session::login),
        )
        .at("/admin/logout", post(session::logout))
        .at("/admin/analytics", get(analytics::page))
        .at("/admin/recommendations", get(recommendations::page))
        .at("/admin/searches", get(searches::page))
        .at("/admin/mails", get(previews::list))
        .at("/admin/mails/:name", get(previews::show))
        .at("/admin/mails/:name/content", get(previews::content))
        .at("/admin/tasks", get(queues::page))
        .at("/admin/tasks/live", get(queues::live))
        .at("/admin/tasks/queues/:queue/:act", post(queues::act))
        .at("/admin/tasks/list", get(tasks::list))
        .at("/admin/tasks/dead/:act", post(tasks::act_on_dead))
        .at("/admin/tasks/workers", get(fleet::workers))
        .at("/admin/tasks/schedule", get(fleet::schedule))
        .at("/admin/tasks/batches", get(fleet::batches))
        .at("/admin/tasks/mails", get(mails::list))
        .at("/admin/tasks/mails/:id/resend", post(mails::resend))
        .at("/admin/tasks/suppressions", get(suppressions::list))
        .at(
            "/admin/tasks/suppressions/:id/lift",
            post(suppressions::lift),
        )
        .at("/admin/tasks/:id", get(tasks::show))
        .at("/admin/tasks/:id/:act", post(tasks::act))
}

pub(super) const TEMPLATES: [(&str, &str); 18] = [
    ("admin/analytics.html", include_str!("analytics.html")),
    ("admin/layout.html", include_str!("layout.html")),
    ("admin/login.html", include_str!("login.html")),
    ("admin/refused.html", include_str!("refused.html")),
    ("admin/queues.html", include_str!("queues.html")),
    ("admin/live.html", include_str!("live.html")),
    ("admin/tasks.html", include_str!("tasks.html")),
    ("admin/task.html", include_str!("task.html")),
    ("admin/workers.html", include_str!("workers.html")),
    ("admin/schedule.html", include_str!("schedule.html")),
    ("admin/batches.html", include_str!("batches.html")),
    (
        "admin/recommendations.html",
        include_str!("recommendations.html"),
    ),
    ("admin/mails.html", include_str!("mails.html")),
    ("admin/searches.html", include_str!("searches.html")),
    ("admin/previews.html", include_str!("previews.html")),
    ("admin/preview.html", include_str!("preview.html")),
    ("admin/suppressions.html", include_str!("suppressions.html")),
    ("admin/macros.html", include_str!("macros.html")),
];

/// How templates show numbers and times.
pub(super) fn add_filters(templates: &mut Environment<'static>) {
    templates.add_filter("duration", words::duration);
    templates.add_filter("capped", words::capped);
    templates.add_filter("number", words::number);
    templates.add_filter("urlencode", |text: String| url_part(&text));
    templates.add_filter("time", |time: String| match time.parse::<DateTime<Utc>>() {
        Ok(time) => time.format("%Y-%m-%d %H:%M:%S").to_string(),
        Err(_) => time,
    });
    templates.add_filter("seconds_since", |time: String, now: String| {
        let difference = now
            .parse::<DateTime<Utc>>()
            .and_then(|now| Ok(now - time.parse::<DateTime<Utc>>()?));
        difference.map_or(0.0, |difference| difference.as_seconds_f64())
    });
}

/// Fit for a path and for a query.
fn url_part(text: &str) -> String {
    let encoded: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
    encoded.replace('+', "%20")
}

/// A page or a part of one.
fn page(name: &str, values: Value) -> Result<Response> {
    let values = context! { style => STYLE, script => SCRIPT, ..values };
    let mut response = super::render(name, values)?;
    if let Some(policy) = &*POLICY {
        response
            .headers_mut()
            .insert(header::CONTENT_SECURITY_POLICY, policy.clone());
    }
    Ok(response)
}

/// The answer to an administrator; all others are shown the way in. What is
/// refused is said on a page.
async fn for_admin(
    app: &App,
    request: &Request,
    answer: impl AsyncFnOnce(&Visit) -> Result<Response>,
) -> Result<Response> {
    let Some(visit) = visit(app, request).await? else {
        return Ok(see_other("/admin/login/"));
    };
    let response = match answer(&visit).await {
        Ok(response) => response,
        Err(problem) if problem.status().is_client_error() => refused(&visit, &problem)?,
        Err(problem) => return Err(problem),
    };
    Ok(visit.renew(response))
}

fn refused(visit: &Visit, problem: &Problem) -> Result<Response> {
    let values = context! {
        detail => problem.detail(),
        errors => problem.errors().iter().map(|e| format!("{} {}", e.field, e.message))
            .collect::<Vec<_>>(),
    };
    let mut response = visit.page("admin/refused.html", values)?;
    response.set_status(problem.status());
    Ok(response)
}

fn see_other(address: &str) -> Response {
    Redirect::see_other(address).into_response()
}

/// What was done, in the address of the page that tells so.
const DONE: [(&str, &str); 11] = [
    (
        "pause",
        "The queue is paused: nothing of it starts, what runs goes on.",
    ),
    ("resume", "The queue goes on."),
    ("limits", "The limits hold from now on."),
    ("retry", "The task will run again."),
    (
        "merge",
        "A waiting task of the same unique key runs for it: this one.",
    ),
    ("discard", "The task is given up."),
    (
        "cancel",
        "The task is cancelled, or its worker is told to stop it.",
    ),
    ("run-now", "The task is due now."),
    ("resend", "The mail is sent again."),
    ("many", "Done:"),
    ("lift", "Mail goes to the account again."),
];

/// The sentence for `?done=`, and nothing for anything else.
fn done(fields: &Fields) -> Option<&'static str> {
    let done = fields.get("done")?;
    let found = DONE.iter().find(|(name, _)| *name == done);
    found.map(|(_, sentence)| *sentence)
}

/// Of the request's query string.
fn query(request: &Request) -> Fields {
    Fields::of(request.uri().query().unwrap_or_default().as_bytes())
}

/// A page of a list, from where the one before it ended.
fn paging<C>(after: Option<C>) -> Paging<C> {
    Paging {
        start: Start::After(after),
        size: 50,
    }
}

/// `?after=` is not one that a page of the list has led to.
fn invalid_cursor(message: impl Into<String>) -> Problem {
    Problem::invalid_field("after", "invalid_cursor", message)
}

fn not_found() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "not_found", "there is no such page")
}

#[handler]
fn home() -> Response {
    see_other("/admin/tasks/")
}
