//! Passwords that are forgotten or changed, and addresses that are confirmed.

use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    MailedToken, MailedTokenKey, Occasion, Purpose, db, db::mailed_tokens, tasks::SendPasswordReset,
};
use crate::{
    Error, Result,
    mail::Template,
    notifications::{queue_email, tell},
    queue, users,
    users::Email,
};

/// An account is sent at most this many tokens an hour, whoever asks for them.
pub const MAILED_TOKENS_AN_HOUR: i64 = 5;
/// An account may take another address this often an hour: each change mails two
/// addresses.
pub const EMAIL_CHANGES_AN_HOUR: i64 = 3;

/// Mails the account a token, unless it was sent too many lately. Belongs in a
/// transaction.
pub async fn mail_token(
    conn: &mut PgConnection,
    key: &MailedTokenKey,
    user_id: Uuid,
    occasion: Occasion,
) -> Result<bool> {
    // The lock makes requests at the same time count each other.
    if !users::db::lock_active(conn, user_id).await?
        || mailed_tokens::count_recent(conn, user_id).await? >= MAILED_TOKENS_AN_HOUR
    {
        return Ok(false);
    }
    let id = mailed_tokens::insert(conn, key, user_id, occasion).await?;
    queue_email(conn, id, user_id, occasion.template()).await?;
    Ok(true)
}

/// Has a reset mail sent to whoever has this address, if anybody. The same two
/// statements run whether there is an account or not: the answer's time tells
/// nothing.
pub async fn request_password_reset(conn: &mut PgConnection, email: &Email) -> Result<()> {
    let user_id = db::active_account(conn, email).await?;
    queue::enqueue(conn, &SendPasswordReset { user_id }).await?;
    Ok(())
}

fn unknown_token() -> Error {
    Error::invalid(
        "token",
        "invalid_token",
        "is unknown, used or expired: ask for a new mail",
    )
}

/// Whose password the token may reset. Cheap, so that no password is hashed for
/// a token that is none.
pub async fn account_of_reset(
    conn: &mut PgConnection,
    token: &str,
) -> Result<(MailedToken, Email)> {
    let token = MailedToken::parse(token).ok_or_else(unknown_token)?;
    let found = mailed_tokens::find(conn, token, Purpose::PasswordReset)
        .await?
        .ok_or_else(unknown_token)?;
    let email = Email::parse(&found.email).map_err(|_| unknown_token())?;
    Ok((token, email))
}

/// Sets the password by a mailed token, which works once. Every session ends, and
/// the address counts as confirmed: its mail was read.
pub async fn reset_password(
    conn: &mut PgConnection,
    token: MailedToken,
    password_hash: &str,
) -> Result<()> {
    let found = mailed_tokens::find(conn, token, Purpose::PasswordReset)
        .await?
        .ok_or_else(unknown_token)?;
    // The account before its tokens, like every other change of both.
    users::db::lock_active(conn, found.user_id).await?;
    if !mailed_tokens::take(conn, token, Purpose::PasswordReset).await? {
        return Err(unknown_token());
    }
    db::set_password(conn, found.user_id, password_hash).await?;
    users::db::confirm_email(conn, found.user_id).await?;
    db::revoke_all(conn, found.user_id, None).await?;
    tell_password_changed(conn, found.user_id).await
}

async fn tell_password_changed(conn: &mut PgConnection, user_id: Uuid) -> Result<()> {
    tell(conn, Uuid::now_v7(), user_id, Template::PasswordChanged).await
}

/// Replaces the password that `former_hash` is of. Every other session ends, and
/// reset mails that are under way lose their worth.
pub async fn change_password(
    conn: &mut PgConnection,
    user_id: Uuid,
    session_id: Uuid,
    former_hash: &str,
    password_hash: &str,
) -> Result<()> {
    if !db::replace_password(conn, user_id, former_hash, password_hash).await? {
        return Err(wrong_password());
    }
    mailed_tokens::void(conn, user_id, Some(Purpose::PasswordReset)).await?;
    db::revoke_all(conn, user_id, Some(session_id)).await?;
    tell_password_changed(conn, user_id).await
}

/// The refusal of a password that is not the account's.
pub fn wrong_password() -> Error {
    Error::invalid(
        "current_password",
        "wrong_password",
        "is not the password of this account",
    )
}

/// Confirms the address that the token was mailed to.
pub async fn verify_email(conn: &mut PgConnection, token: &str) -> Result<()> {
    let token = MailedToken::parse(token).ok_or_else(unknown_token)?;
    let found = mailed_tokens::find(conn, token, Purpose::EmailVerification)
        .await?
        .ok_or_else(unknown_token)?;
    // The account before its tokens, like every other change of both.
    users::db::lock_active(conn, found.user_id).await?;
    if !mailed_tokens::take(conn, token, Purpose::EmailVerification).await? {
        return Err(unknown_token());
    }
    users::db::confirm_email(conn, found.user_id).await
}

/// Gives the account another address, which has yet to be confirmed. The former
/// one is told, and what was mailed there opens nothing any more.
pub async fn change_email(
    conn: &mut PgConnection,
    key: &MailedTokenKey,
    user_id: Uuid,
    email: &Email,
) -> Result<()> {
    users::db::lock_active(conn, user_id).await?;
    if mailed_tokens::count_email_changes(conn, user_id).await? >= EMAIL_CHANGES_AN_HOUR {
        return Err(Error::conflict(
            "too_many_email_changes",
            format!("at most {EMAIL_CHANGES_AN_HOUR} changes of the address an hour"),
        ));
    }
    let change = mailed_tokens::insert_email_change(conn, user_id).await?;
    users::db::set_email(conn, user_id, email).await?;
    mailed_tokens::void(conn, user_id, None).await?;
    queue_email(conn, change, user_id, Template::EmailChanged).await?;
    mail_token(conn, key, user_id, Occasion::EmailVerification).await?;
    Ok(())
}
