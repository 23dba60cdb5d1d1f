//! From which pages live connections may be opened.

use poem::{
    Request,
    http::{Uri, header},
};

use crate::{
    App,
    problem::{Problem, Result},
};

/// Refuses pages of elsewhere: browsers open sockets for any page, and say for which.
/// Who is no browser says nothing.
pub(super) fn check(app: &App, request: &Request) -> Result<()> {
    let Some(origin) = request.headers().get(header::ORIGIN) else {
        return Ok(());
    };
    let is_own = origin.to_str().is_ok_and(|origin| {
        let public = app.config.http.public_url.origin().ascii_serialization();
        origin == public
            || app
                .config
                .http
                .cors_origins
                .iter()
                .any(|known| known == origin)
            || is_same(origin, request)
    });
    if is_own {
        return Ok(());
    }
    Err(Problem::forbidden(
        "origin_not_allowed",
        "pages of this origin may not connect",
    ))
}

/// Whether the page is from the host that it asks, which is one that we serve.
fn is_same(origin: &str, request: &Request) -> bool {
    let host = request
        .headers()
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let origin: Option<Uri> = origin.parse().ok();
    let authority = origin.as_ref().and_then(Uri::authority);
    authority.is_some_and(|authority| Some(authority.as_str()) == host)
}
