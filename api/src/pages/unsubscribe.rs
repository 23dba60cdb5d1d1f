//! Where mails say that they can be stopped. Opening the page changes nothing, for
//! programs that look through mail open links too: a button does, or the mail program
//! in its place (RFC 8058).

use jobboard_shared::{
    alerts,
    notifications::{Stop, preferences},
};
use minijinja::context;
use poem::{Request, Response, Route, get, handler, http::StatusCode, web::Data};
use uuid::Uuid;

use super::{form::Fields, page};
use crate::{App, problem::Result};

pub(super) const TEMPLATES: [(&str, &str); 1] =
    [("unsubscribe.html", include_str!("unsubscribe.html"))];

pub(super) fn add_to(route: Route) -> Route {
    route.at("/unsubscribe", get(form).post(unsubscribe))
}

/// In the address also of the POST: its body is the mail program's.
fn token_of(request: &Request) -> String {
    let query = Fields::of(request.uri().query().unwrap_or_default().as_bytes());
    query.owned("token").unwrap_or_default()
}

/// The account whose mails the request's link stops, or the alert; none where the link is
/// not ours.
pub(crate) fn whose_mails(app: &App, request: &Request) -> Option<Uuid> {
    match app.unsubscribe.verify(&token_of(request))? {
        Stop::Mails(user_id, _) => Some(user_id),
        Stop::Alert(alert_id) => Some(alert_id),
    }
}

#[handler]
fn form(app: Data<&App>, request: &Request) -> Result<Response> {
    let token = token_of(request);
    match app.unsubscribe.verify(&token) {
        Some(stop) => page("unsubscribe.html", context! { token, kind => name(stop) }),
        None => unknown(),
    }
}

#[handler]
async fn unsubscribe(app: Data<&App>, request: &Request) -> Result<Response> {
    let Some(stop) = app.unsubscribe.verify(&token_of(request)) else {
        return unknown();
    };
    let mut tx = app.begin().await?;
    match stop {
        Stop::Mails(user_id, kind) => preferences::unsubscribe(&mut tx, user_id, kind).await?,
        Stop::Alert(alert_id) => alerts::pause_by_link(&mut tx, alert_id).await?,
    }
    tx.commit().await?;
    page(
        "unsubscribe.html",
        context! { done => true, kind => name(stop) },
    )
}

fn name(stop: Stop) -> &'static str {
    match stop {
        Stop::Mails(_, kind) => kind.name(),
        Stop::Alert(_) => "alert",
    }
}

fn unknown() -> Result<Response> {
    let mut refused = page("unsubscribe.html", context! { wrong => true })?;
    refused.set_status(StatusCode::NOT_FOUND);
    Ok(refused)
}
