//! Forgotten and changed passwords, confirmed addresses.

use jobboard_shared::{
    Error,
    auth::{self, Occasion, Password, recovery},
    users::{self, Email},
};
use poem::web::Data;
use poem_openapi::{ApiResponse, Object, OpenApi, payload::Json};
use secrecy::SecretString;
use uuid::Uuid;

use super::{SignedIn, hash};
use crate::{
    App,
    body::Strict,
    client_address::ClientAddress,
    limits,
    problem::{Problem, Result},
    tags::Tag,
};

pub(crate) struct RecoveryApi;

#[derive(Object)]
struct PasswordReset {
    #[oai(validator(max_length = 254))]
    email: poem_openapi::types::Email,
}

#[derive(Object)]
struct PasswordConfirm {
    /// From the mail
    #[oai(validator(max_length = 100))]
    token: String,
    /// Any characters; not the email address
    #[oai(validator(min_length = 8, max_length = 128))]
    password: poem_openapi::types::Password,
}

#[derive(Object)]
struct PasswordChange {
    #[oai(validator(max_length = 128))]
    current_password: poem_openapi::types::Password,
    /// Any characters; not the email address
    #[oai(validator(min_length = 8, max_length = 128))]
    password: poem_openapi::types::Password,
}

#[derive(Object)]
struct EmailVerification {
    /// From the mail
    #[oai(validator(max_length = 100))]
    token: String,
}

/// A mail is on its way, if there is anybody to get it.
#[derive(Object)]
struct MailPromise {
    detail: String,
}

#[derive(ApiResponse)]
enum MailResponse {
    /// A mail goes out where one is due
    #[oai(status = 202)]
    Accepted(Json<MailPromise>),
}

impl MailResponse {
    fn new(detail: &str) -> Self {
        Self::Accepted(Json(MailPromise {
            detail: detail.to_owned(),
        }))
    }
}

#[derive(ApiResponse)]
enum DoneResponse {
    /// Done
    #[oai(status = 204)]
    Done,
}

#[OpenApi(prefix_path = "/api/auth", tag = "Tag::Auth")]
impl RecoveryApi {
    /// Ask for a mail that resets the password
    ///
    /// The answer is the same, and takes as long, whether the account exists or
    /// not. The mail's token works once, for an hour. An account gets at most
    /// five such mails an hour.
    #[oai(
        path = "/password/reset",
        method = "post",
        operation_id = "request_password_reset"
    )]
    async fn request_reset(
        &self,
        app: Data<&App>,
        client: Data<&ClientAddress>,
        body: Strict<PasswordReset>,
    ) -> Result<MailResponse> {
        let email = Email::parse(&body.0.email).map_err(|error| Problem::invalid(vec![error]))?;
        limits::count_attempt(&app, &email, *client.0).await?;
        let mut tx = app.begin().await?;
        recovery::request_password_reset(&mut tx, &email).await?;
        tx.commit().await?;
        Ok(MailResponse::new(
            "if an account has this address, a mail is on its way",
        ))
    }

    /// Set a new password with a mailed token
    ///
    /// Every session of the account ends.
    #[oai(
        path = "/password/confirm",
        method = "post",
        operation_id = "confirm_password_reset"
    )]
    async fn confirm_reset(
        &self,
        app: Data<&App>,
        body: Strict<PasswordConfirm>,
    ) -> Result<DoneResponse> {
        reset_password(&app, &body.0.token, &body.0.password).await?;
        Ok(DoneResponse::Done)
    }

    /// Change the own password
    ///
    /// Every other session of the account ends.
    #[oai(
        path = "/password/change",
        method = "post",
        operation_id = "change_password"
    )]
    async fn change(
        &self,
        app: Data<&App>,
        user: SignedIn,
        body: Strict<PasswordChange>,
    ) -> Result<DoneResponse> {
        let current = SecretString::from(body.0.current_password.0);
        let (former_hash, email) = prove_password(&app, user.user_id, &current).await?;
        let password = Password::choose(&body.0.password, Email::parse(&email).ok().as_ref())
            .map_err(|error| Problem::invalid(vec![error]))?;
        let new_hash = hash(&app, &password).await?;
        let mut tx = app.begin().await?;
        recovery::change_password(
            &mut tx,
            user.user_id,
            user.session_id,
            &former_hash,
            &new_hash,
        )
        .await?;
        tx.commit().await?;
        Ok(DoneResponse::Done)
    }

    /// Confirm an email address
    ///
    /// With the token that was mailed there.
    #[oai(path = "/email/verify", method = "post", operation_id = "verify_email")]
    async fn verify_email(
        &self,
        app: Data<&App>,
        body: Strict<EmailVerification>,
    ) -> Result<DoneResponse> {
        let mut tx = app.begin().await?;
        recovery::verify_email(&mut tx, &body.0.token).await?;
        tx.commit().await?;
        Ok(DoneResponse::Done)
    }

    /// Ask for another mail to confirm the own address
    ///
    /// An account gets at most five mails with tokens an hour; further ones are
    /// quietly left out.
    #[oai(
        path = "/email/resend",
        method = "post",
        operation_id = "resend_email_verification"
    )]
    async fn resend(&self, app: Data<&App>, user: SignedIn) -> Result<MailResponse> {
        let mut tx = app.begin().await?;
        if users::db::get(&mut tx, user.user_id)
            .await?
            .is_email_verified
        {
            return Err(Error::conflict("email_verified", "the address is confirmed").into());
        }
        recovery::mail_token(
            &mut tx,
            &app.mailed_tokens,
            user.user_id,
            Occasion::EmailVerification,
        )
        .await?;
        tx.commit().await?;
        Ok(MailResponse::new("a mail is on its way"))
    }
}

/// Sets the password of the account that a reset token was mailed to.
pub(crate) async fn reset_password(app: &App, token: &str, password: &str) -> Result<()> {
    let mut conn = app.db.acquire().await?;
    let (token, email) = recovery::account_of_reset(&mut conn, token).await?;
    drop(conn);
    let password =
        Password::choose(password, Some(&email)).map_err(|error| Problem::invalid(vec![error]))?;
    let password_hash = hash(app, &password).await?;
    let mut tx = app.begin().await?;
    recovery::reset_password(&mut tx, token, &password_hash).await?;
    tx.commit().await?;
    Ok(())
}

/// The hash and the address of the account, if this is its password.
pub(crate) async fn prove_password(
    app: &App,
    user_id: Uuid,
    password: &SecretString,
) -> Result<(String, String)> {
    let (hash, email) = auth::db::password_of(&app.db, user_id)
        .await?
        .ok_or(Error::NotFound("account"))?;
    limits::count_proof(app, user_id).await?;
    let fits = app
        .passwords
        .verify(password, Some(&hash))
        .await
        .map_err(Problem::internal)?;
    if fits {
        Ok((hash, email))
    } else {
        Err(recovery::wrong_password().into())
    }
}
