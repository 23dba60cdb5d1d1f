//! Registration, login, refresh, logout.

mod dto;
mod extractors;
mod recovery;

use jobboard_shared::{
    auth::{self, Credentials, Exchange, Password, RefreshToken},
    users::{self, Email},
};
use poem::{Request, http::header, web::Data};
use poem_openapi::{ApiResponse, OpenApi, payload::Json};
use secrecy::SecretString;
use tracing::warn;
use uuid::Uuid;

use self::dto::{Login, Refresh, Register, Registered, TokenPair};
use crate::{
    App,
    body::Strict,
    client_address::ClientAddress,
    limits,
    problem::{Problem, Result},
    tags::Tag,
};

pub use extractors::{Admin, Employer, Freelancer, Manager, SignedIn, Viewer};
pub(crate) use extractors::{bearer_token, viewer};
pub(crate) use recovery::{RecoveryApi, prove_password, reset_password};

pub(crate) struct AuthApi;

#[derive(ApiResponse)]
enum RegisterResponse {
    /// The account was created; its tokens sign it in
    #[oai(status = 201)]
    Created(Json<Registered>),
}

#[derive(ApiResponse)]
enum LogoutResponse {
    /// The session has ended
    #[oai(status = 204)]
    Ended,
}

#[OpenApi(prefix_path = "/api/auth", tag = "Tag::Auth")]
impl AuthApi {
    /// Create an account
    ///
    /// Employers post jobs, freelancers apply for them. A mail asks to confirm the
    /// address. Administrators may close registration: `registration_closed`.
    #[oai(path = "/register", method = "post", operation_id = "register")]
    async fn register(
        &self,
        app: Data<&App>,
        request: &Request,
        body: Strict<Register>,
    ) -> Result<RegisterResponse> {
        let (registration, password) = body.0.parse()?;
        users::ensure_registration_open(&mut *app.db.acquire().await?).await?;
        let accepted = request.header(header::ACCEPT_LANGUAGE);
        let new = registration.with_hash(hash(&app, &password).await?, accepted);
        let mut tx = app.begin().await?;
        let account = users::register(&mut tx, &app.mailed_tokens, &new).await?;
        let tokens = open_session(&app, &mut tx, account.id, account.role, &new.password_hash)
            .await?
            .ok_or_else(|| Problem::internal("a new account cannot sign in"))?;
        tx.commit().await?;
        Ok(RegisterResponse::Created(Json(Registered {
            user: account.into(),
            tokens,
        })))
    }

    /// Sign in
    ///
    /// The answer does not tell whether the account exists.
    #[oai(path = "/login", method = "post", operation_id = "login")]
    async fn login(
        &self,
        app: Data<&App>,
        client: Data<&ClientAddress>,
        body: Strict<Login>,
    ) -> Result<Json<TokenPair>> {
        let (email, password) = body.0.parse();
        let account = authenticate(&app, *client.0, email.as_ref(), &password)
            .await?
            .ok_or_else(invalid_credentials)?;
        let (user_id, role) = (account.user_id, account.role);
        let mut tx = app.begin().await?;
        let tokens = open_session(&app, &mut tx, user_id, role, &account.password_hash)
            .await?
            .ok_or_else(invalid_credentials)?;
        tx.commit().await?;
        Ok(Json(tokens))
    }

    /// Exchange a refresh token for new tokens
    ///
    /// A refresh token can be used once. Using one a second time ends the session,
    /// because one of the two users has stolen it.
    #[oai(path = "/refresh", method = "post", operation_id = "refresh")]
    async fn refresh(&self, app: Data<&App>, body: Strict<Refresh>) -> Result<Json<TokenPair>> {
        let Some(offered) = RefreshToken::parse(&body.0.refresh) else {
            return Err(invalid_refresh_token());
        };
        let next = RefreshToken::generate();
        let lifetime = app.config.auth.refresh_token_lifetime;
        let mut tx = app.begin().await?;
        let exchange = auth::db::exchange(&mut tx, &offered, &next, lifetime).await?;
        tx.commit().await?;
        match exchange {
            Exchange::Accepted(session) => Ok(Json(pair(
                &app,
                session.user_id,
                session.id,
                session.role,
                &next,
            ))),
            Exchange::Reused(session_id) => {
                warn!(%session_id, "a refresh token was used twice: the session is revoked");
                Err(invalid_refresh_token())
            }
            Exchange::Refused => Err(invalid_refresh_token()),
        }
    }

    /// Sign out
    ///
    /// Ends the session at once, with its access and refresh tokens.
    #[oai(path = "/logout", method = "post", operation_id = "logout")]
    async fn logout(&self, app: Data<&App>, user: SignedIn) -> Result<LogoutResponse> {
        auth::db::revoke(&app.db, user.session_id).await?;
        Ok(LogoutResponse::Ended)
    }
}

/// The active account of this address and password. Takes as long where there is
/// none.
pub(crate) async fn authenticate(
    app: &App,
    client: ClientAddress,
    email: Option<&Email>,
    password: &SecretString,
) -> Result<Option<Credentials>> {
    if let Some(email) = email {
        limits::count_attempt(app, email, client).await?;
    }
    let account = match email {
        Some(email) => auth::db::credentials(&app.db, email).await?,
        None => None,
    };
    let hash = account
        .as_ref()
        .map(|account| account.password_hash.as_str());
    let fits = app
        .passwords
        .verify(password, hash)
        .await
        .map_err(Problem::internal)?;
    Ok(account.filter(|account| fits && account.is_active))
}

pub(crate) async fn hash(app: &App, password: &Password) -> Result<String> {
    app.passwords
        .hash(password)
        .await
        .map_err(Problem::internal)
}

/// `None`: the password or the account was taken away meanwhile.
async fn open_session(
    app: &App,
    conn: &mut sqlx::PgConnection,
    user_id: Uuid,
    role: users::Role,
    password_hash: &str,
) -> Result<Option<TokenPair>> {
    let refresh = RefreshToken::generate();
    let lifetime = app.config.auth.refresh_token_lifetime;
    let session_id =
        auth::db::open_session(conn, user_id, password_hash, &refresh, lifetime).await?;
    Ok(session_id.map(|session_id| pair(app, user_id, session_id, role, &refresh)))
}

fn pair(
    app: &App,
    user_id: Uuid,
    session_id: Uuid,
    role: users::Role,
    refresh: &RefreshToken,
) -> TokenPair {
    TokenPair {
        access: app.tokens.sign(user_id, session_id, role, app.clock.now()),
        refresh: refresh.to_text(),
        token_type: "Bearer".to_owned(),
        expires_in: app.tokens.lifetime().as_secs(),
    }
}

fn invalid_credentials() -> Problem {
    Problem::unauthorized(
        "invalid_credentials",
        "the email address or the password is wrong",
    )
}

fn invalid_refresh_token() -> Problem {
    Problem::unauthorized(
        "invalid_refresh_token",
        "the refresh token is unknown, used or expired: sign in again",
    )
}
