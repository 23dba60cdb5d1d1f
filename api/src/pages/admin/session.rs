//! Who is signed in on these pages: a cookie with a signed token that names a
//! session of the account. The database is asked with every request, so that the
//! end of the session or of the role acts at once.

use std::time::Duration;

use chrono::TimeDelta;
use jobboard_shared::{
    auth::{self, PAGE_IDLE, RefreshToken},
    queue::operate::Operator,
    users::{Email, Role},
};
use minijinja::{Value, context};
use poem::{
    Body, Request, Response,
    error::ResponseError,
    handler,
    http::{HeaderValue, StatusCode, header},
    web::Data,
};
use secrecy::SecretString;
use uuid::Uuid;

use super::{page, see_other};
use crate::{
    App, auth as api_auth,
    client_address::ClientAddress,
    pages::form::Fields,
    problem::{Problem, Result},
};

const COOKIE: &str = "jobboard_admin";
/// A session on these pages ends after so long, used or not.
const LONGEST_SESSION: Duration = Duration::from_secs(12 * 3600);
/// A cookie older than this is replaced by a new one.
const RENEWED_AFTER: TimeDelta = TimeDelta::minutes(5);

/// An administrator at a page.
pub(super) struct Visit {
    pub(super) user_id: Uuid,
    session_id: Uuid,
    /// For the forms of the page.
    form_token: String,
    /// To be sent with the answer, where the old one grows old.
    cookie: Option<HeaderValue>,
}

impl Visit {
    pub(super) fn operator(&self) -> Operator {
        Operator::Admin(self.user_id)
    }

    /// A page, or a part of one, with forms of this session.
    pub(super) fn page(&self, name: &str, values: Value) -> Result<Response> {
        page(
            name,
            context! { form_token => self.form_token.as_str(), ..values },
        )
    }

    /// The answer with a fresh cookie, where one is due.
    pub(super) fn renew(self, mut response: Response) -> Response {
        if let Some(cookie) = self.cookie {
            response.headers_mut().insert(header::SET_COOKIE, cookie);
        }
        response
    }
}

/// `None`: nobody, or somebody else than an administrator.
pub(super) async fn visit(app: &App, request: &Request) -> Result<Option<Visit>> {
    let now = app.clock.now();
    let token = request
        .headers()
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|cookies| cookies.to_str().ok())
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE)
        .and_then(|(_, token)| app.page_tokens.verify(token, now));
    let Some(token) = token else { return Ok(None) };
    let identity = auth::db::identify(&app.db, token.user_id, token.session_id).await?;
    let Some(identity) = identity.filter(|identity| identity.role == Role::Admin) else {
        return Ok(None);
    };
    let cookie = if now - token.since > RENEWED_AFTER {
        Some(cookie_of(app, identity.user_id, identity.session_id)?)
    } else {
        None
    };
    Ok(Some(Visit {
        user_id: identity.user_id,
        session_id: identity.session_id,
        form_token: app.page_tokens.form_token(identity.session_id),
        cookie,
    }))
}

/// The fields of a form. Refused if they come without the token of the session's
/// own forms.
pub(super) async fn form_of(app: &App, visit: &Visit, body: Body) -> Result<Fields> {
    let fields = Fields::read(body).await?;
    let token = fields.get("token").unwrap_or_default();
    if app.page_tokens.is_form_token(visit.session_id, token) {
        return Ok(fields);
    }
    Err(Problem::forbidden(
        "foreign_form",
        "this form is not one of your session: open the page again",
    ))
}

fn cookie_of(app: &App, user_id: Uuid, session_id: Uuid) -> Result<HeaderValue> {
    let token = app.page_tokens.sign(user_id, session_id, app.clock.now());
    set_cookie(app, &token, PAGE_IDLE.num_seconds())
}

fn set_cookie(app: &App, token: &str, seconds: i64) -> Result<HeaderValue> {
    let secure = match app.config.http.public_url.scheme() {
        "https" => "; Secure",
        _ => "",
    };
    let cookie = format!(
        "{COOKIE}={token}; Path=/admin; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}"
    );
    HeaderValue::from_str(&cookie).map_err(Problem::internal)
}

#[handler]
pub(super) async fn login_page(app: Data<&App>, request: &Request) -> Result<Response> {
    match visit(&app, request).await? {
        Some(_) => Ok(see_other("/admin/tasks/")),
        None => page("admin/login.html", context! {}),
    }
}

#[handler]
pub(super) async fn login(
    app: Data<&App>,
    client: Data<&ClientAddress>,
    request: &Request,
    body: Body,
) -> Result<Response> {
    match sign_in(&app, *client.0, request, body).await {
        Err(problem) if problem.status().is_client_error() => {
            let values = context! { detail => problem.detail() };
            let mut response = page("admin/login.html", values)?;
            response.set_status(problem.status());
            if let Some(wait) = problem.as_response().headers().get(header::RETRY_AFTER) {
                let headers = response.headers_mut();
                headers.insert(header::RETRY_AFTER, wait.clone());
            }
            Ok(response)
        }
        answer => answer,
    }
}

async fn sign_in(
    app: &App,
    client: ClientAddress,
    request: &Request,
    body: Body,
) -> Result<Response> {
    // There is no session yet that a form could belong to; browsers say where
    // the form stood.
    if is_foreign(request) {
        return Err(Problem::forbidden("foreign_form", "sign in on this page"));
    }
    let fields = Fields::read(body).await?;
    let email = fields
        .get("email")
        .and_then(|email| Email::parse(email).ok());
    let password = SecretString::from(fields.as_typed("password"));
    let account = api_auth::authenticate(app, client, email.as_ref(), &password).await?;
    let Some(account) = account.filter(|account| account.role == Role::Admin) else {
        return refused_login();
    };
    let mut tx = app.begin().await?;
    // Its refresh token is given to nobody: the session is this browser's alone.
    let session_id = auth::db::open_session(
        &mut tx,
        account.user_id,
        &account.password_hash,
        &RefreshToken::generate(),
        LONGEST_SESSION,
    )
    .await?;
    let Some(session_id) = session_id else {
        return refused_login();
    };
    tx.commit().await?;
    tracing::info!(admin = %account.user_id, %session_id, "administrator signed in on the pages");
    let cookie = cookie_of(app, account.user_id, session_id)?;
    let mut response = see_other("/admin/tasks/");
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(response)
}

fn refused_login() -> Result<Response> {
    let mut refused = page("admin/login.html", context! { refused => true })?;
    refused.set_status(StatusCode::FORBIDDEN);
    Ok(refused)
}

#[handler]
pub(super) async fn logout(app: Data<&App>, request: &Request, body: Body) -> Result<Response> {
    let mut response = see_other("/admin/login/");
    if let Some(visit) = visit(&app, request).await? {
        form_of(&app, &visit, body).await?;
        auth::db::revoke(&app.db, visit.session_id).await?;
        let cookie = set_cookie(&app, "", 0)?;
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Whether the browser says that a page of elsewhere sent this.
fn is_foreign(request: &Request) -> bool {
    let site = request.headers().get("sec-fetch-site");
    site.is_some_and(|site| site != "same-origin" && site != "none")
}
