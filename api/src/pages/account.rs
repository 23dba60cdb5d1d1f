//! Where the links of mails about accounts lead. Opening one changes nothing, for
//! programs that look through mail open links too: a button does.

use jobboard_shared::auth::recovery;
use minijinja::context;
use poem::{Body, Request, Response, Route, handler, web::Data};

use super::{form::Fields, page};
use crate::{
    App, auth,
    methods::get,
    problem::{Problem, Result},
};

pub(super) const TEMPLATES: [(&str, &str); 2] = [
    ("password_reset.html", include_str!("password_reset.html")),
    ("email_verify.html", include_str!("email_verify.html")),
];

pub(super) fn add_to(route: Route) -> Route {
    route
        .at("/password/reset", get(reset_form).post(reset))
        .at("/email/verify", get(verify_form).post(verify))
}

fn token_of(request: &Request) -> String {
    let query = Fields::of(request.uri().query().unwrap_or_default().as_bytes());
    query.owned("token").unwrap_or_default()
}

#[handler]
fn reset_form(request: &Request) -> Result<Response> {
    page(
        "password_reset.html",
        context! { token => token_of(request) },
    )
}

#[handler]
async fn reset(app: Data<&App>, body: Body) -> Result<Response> {
    let fields = Fields::read(body).await?;
    let token = fields.owned("token").unwrap_or_default();
    let done = auth::reset_password(&app, &token, fields.as_typed("password")).await;
    answer("password_reset.html", token, done)
}

#[handler]
fn verify_form(request: &Request) -> Result<Response> {
    page("email_verify.html", context! { token => token_of(request) })
}

#[handler]
async fn verify(app: Data<&App>, body: Body) -> Result<Response> {
    let fields = Fields::read(body).await?;
    let token = fields.owned("token").unwrap_or_default();
    let mut tx = app.begin().await?;
    let done = match recovery::verify_email(&mut tx, &token).await {
        Ok(()) => Ok(tx.commit().await?),
        Err(error) => Err(error.into()),
    };
    answer("email_verify.html", token, done)
}

/// The page again, with what was done or what is wrong.
fn answer(name: &str, token: String, done: Result<()>) -> Result<Response> {
    match done {
        Ok(()) => page(name, context! { token, done => true }),
        Err(problem) if problem.status().is_client_error() => {
            let mut refused = page(name, context! { token, wrong => sentences(&problem) })?;
            refused.set_status(problem.status());
            Ok(refused)
        }
        Err(problem) => Err(problem),
    }
}

fn sentences(problem: &Problem) -> Vec<String> {
    let errors = problem.errors().iter();
    errors
        .map(|error| match error.field.as_str() {
            "token" => "This link is unknown, used or expired: ask for a new mail.".to_owned(),
            field => format!("The {field} {}.", error.message),
        })
        .collect()
}
