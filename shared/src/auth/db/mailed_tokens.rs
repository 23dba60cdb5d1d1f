//! Every statement about tokens that were mailed.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::interval;
use crate::{
    Result,
    auth::{MailedToken, MailedTokenKey, Occasion, Purpose},
};

/// The id of the token, which is the event of its mail.
pub async fn insert(
    conn: &mut PgConnection,
    key: &MailedTokenKey,
    user_id: Uuid,
    occasion: Occasion,
) -> Result<Uuid> {
    let id = Uuid::now_v7();
    sqlx::query!(
        "insert into mailed_tokens (id, user_id, purpose, token_hash, address_digest, expires_at)
         select $1, id, $3, $4, sha256(convert_to(email, 'UTF8')), app_now() + $5
         from users where id = $2",
        id,
        user_id,
        occasion.purpose() as Purpose,
        &key.token(id).hash()[..],
        interval(occasion.lifetime()),
    )
    .execute(conn)
    .await?;
    Ok(id)
}

/// How many tokens the account was sent in the last hour.
pub async fn count_recent(conn: &mut PgConnection, user_id: Uuid) -> Result<i64> {
    Ok(sqlx::query_scalar!(
        r#"select count(*) as "count!" from mailed_tokens
           where user_id = $1 and created_at > app_now() - interval '1 hour'"#,
        user_id,
    )
    .fetch_one(conn)
    .await?)
}

/// A token that still works, and whose it is.
#[derive(Clone, Debug)]
pub struct LiveToken {
    pub user_id: Uuid,
    pub email: String,
    pub expires_at: DateTime<Utc>,
}

/// The account whose token this is. `None`: unknown, used, expired, made for
/// another address than the account has, or the account is switched off.
pub async fn find(
    conn: &mut PgConnection,
    token: MailedToken,
    purpose: Purpose,
) -> Result<Option<LiveToken>> {
    Ok(sqlx::query_as!(
        LiveToken,
        "select t.user_id, u.email, t.expires_at
         from mailed_tokens t join users u on u.id = t.user_id
         where t.token_hash = $1 and t.purpose = $2
           and t.used_at is null and t.expires_at > app_now()
           and u.is_active and t.address_digest = sha256(convert_to(u.email, 'UTF8'))",
        &token.hash()[..],
        purpose as Purpose,
    )
    .fetch_optional(conn)
    .await?)
}

/// Like [`find`], by id: whether a mail about the token still makes sense.
pub async fn find_by_id(conn: &mut PgConnection, id: Uuid) -> Result<Option<LiveToken>> {
    Ok(sqlx::query_as!(
        LiveToken,
        "select t.user_id, u.email, t.expires_at
         from mailed_tokens t join users u on u.id = t.user_id
         where t.id = $1
           and t.used_at is null and t.expires_at > app_now()
           and u.is_active and t.address_digest = sha256(convert_to(u.email, 'UTF8'))",
        id,
    )
    .fetch_optional(conn)
    .await?)
}

/// Uses a token up, with all others of the same account and purpose; false, if
/// somebody else did so first.
pub async fn take(conn: &mut PgConnection, token: MailedToken, purpose: Purpose) -> Result<bool> {
    let user_id = sqlx::query_scalar!(
        "update mailed_tokens set used_at = app_now()
         where token_hash = $1 and purpose = $2 and used_at is null and expires_at > app_now()
         returning user_id",
        &token.hash()[..],
        purpose as Purpose,
    )
    .fetch_optional(&mut *conn)
    .await?;
    match user_id {
        Some(user_id) => {
            void(conn, user_id, Some(purpose)).await?;
            Ok(true)
        }
        None => Ok(false),
    }
}

/// Makes the account's open tokens worthless: those of one purpose or all.
pub async fn void(conn: &mut PgConnection, user_id: Uuid, purpose: Option<Purpose>) -> Result<()> {
    sqlx::query!(
        "update mailed_tokens set used_at = app_now()
         where user_id = $1 and used_at is null
           and ($2::mailed_token_purpose is null or purpose = $2)",
        user_id,
        purpose as Option<Purpose>,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes the address that the account has until now; the event of the mail to it.
pub async fn insert_email_change(conn: &mut PgConnection, user_id: Uuid) -> Result<Uuid> {
    Ok(sqlx::query_scalar!(
        "insert into email_changes (user_id, former_email)
         select id, email from users where id = $1
         returning id",
        user_id,
    )
    .fetch_one(conn)
    .await?)
}

/// How often the account got another address in the last hour.
pub async fn count_email_changes(conn: &mut PgConnection, user_id: Uuid) -> Result<i64> {
    Ok(sqlx::query_scalar!(
        r#"select count(*) as "count!" from email_changes
           where user_id = $1 and changed_at > app_now() - interval '1 hour'"#,
        user_id,
    )
    .fetch_one(conn)
    .await?)
}

/// The address that was given up with this change.
pub async fn former_email(conn: &mut PgConnection, change_id: Uuid) -> Result<Option<String>> {
    Ok(sqlx::query_scalar!(
        "select former_email from email_changes where id = $1",
        change_id,
    )
    .fetch_optional(conn)
    .await?)
}

/// Deletes up to `limit` tokens that expired more than a day ago, and as many
/// former addresses after a week: by then their mail is out or given up. Answers
/// the larger number.
pub async fn delete_old(conn: &mut PgConnection, limit: u64) -> Result<u64> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let tokens = sqlx::query!(
        "delete from mailed_tokens where id in (
           select id from mailed_tokens where expires_at < (select app_now()) - interval '1 day'
           order by expires_at limit $1)",
        limit,
    )
    .execute(&mut *conn)
    .await?;
    let changes = sqlx::query!(
        "delete from email_changes where id in (
           select id from email_changes where changed_at < (select app_now()) - interval '7 days'
           order by changed_at limit $1)",
        limit,
    )
    .execute(conn)
    .await?;
    Ok(tokens.rows_affected().max(changes.rows_affected()))
}
