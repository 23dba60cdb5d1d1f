//! Every statement about sessions, their tokens and passwords.

pub mod mailed_tokens;

use std::time::Duration;

use sqlx::{PgConnection, PgExecutor, postgres::types::PgInterval};
use uuid::Uuid;

use super::{Credentials, Exchange, Identity, RefreshToken, Session};
use crate::{
    Result,
    live::hints,
    users::{Email, Role},
};

/// Who the session belongs to; `None`, if it ended or the account is switched
/// off. Runs with every request: four unique indexes, one row.
pub async fn identify(
    db: impl PgExecutor<'_>,
    user_id: Uuid,
    session_id: Uuid,
) -> Result<Option<Identity>> {
    let identity = sqlx::query_as!(
        Identity,
        r#"select
             u.id as user_id, s.id as session_id,
             u.role as "role: Role",
             e.id as "employer_profile_id?",
             f.id as "freelancer_profile_id?"
           from sessions s
           join users u on u.id = s.user_id
           left join employer_profiles e on e.user_id = u.id
           left join freelancer_profiles f on f.user_id = u.id
           where s.id = $1
             and s.user_id = $2
             and s.revoked_at is null
             and s.expires_at > app_now()
             and u.is_active"#,
        session_id,
        user_id,
    )
    .fetch_optional(db)
    .await?;
    Ok(identity)
}

pub async fn credentials(db: impl PgExecutor<'_>, email: &Email) -> Result<Option<Credentials>> {
    let credentials = sqlx::query_as!(
        Credentials,
        r#"select id as user_id, role as "role: Role", password_hash, is_active
           from users where email = $1"#,
        email.as_str(),
    )
    .fetch_optional(db)
    .await?;
    Ok(credentials)
}

/// Opens a session with its first refresh token and notes the login. `None`, if
/// the account was switched off or got another password since `password_hash` was
/// read: whoever changes either ends all sessions, this one too.
pub async fn open_session(
    conn: &mut PgConnection,
    user_id: Uuid,
    password_hash: &str,
    token: &RefreshToken,
    lifetime: Duration,
) -> Result<Option<Uuid>> {
    let noted = sqlx::query!(
        "update users set last_login = app_now()
         where id = $1 and is_active and password_hash = $2",
        user_id,
        password_hash,
    )
    .execute(&mut *conn)
    .await?;
    if noted.rows_affected() == 0 {
        return Ok(None);
    }
    let lifetime = interval(lifetime);
    let session_id = sqlx::query_scalar!(
        "insert into sessions (user_id, expires_at) values ($1, app_now() + $2) returning id",
        user_id,
        lifetime,
    )
    .fetch_one(&mut *conn)
    .await?;
    insert_refresh_token(conn, session_id, token, &lifetime).await?;
    Ok(Some(session_id))
}

/// Exchanges a refresh token for `next`, and lets the session live on for
/// `lifetime`. Belongs in a transaction, which is to be committed whatever came
/// out: a token used twice ends its session.
pub async fn exchange(
    conn: &mut PgConnection,
    offered: &RefreshToken,
    next: &RefreshToken,
    lifetime: Duration,
) -> Result<Exchange> {
    // The lock makes two uses at the same time a first and a second one.
    let found = sqlx::query!(
        r#"select
             s.id as session_id, s.user_id, u.role as "role: Role",
             t.used_at is not null as "used!",
             (s.revoked_at is null and s.expires_at > app_now()
               and t.expires_at > app_now() and u.is_active) as "alive!"
           from refresh_tokens t
           join sessions s on s.id = t.session_id
           join users u on u.id = s.user_id
           where t.token_hash = $1
           for update of t, s"#,
        &offered.hash()[..],
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(found) = found else {
        return Ok(Exchange::Refused);
    };
    if !found.alive {
        return Ok(Exchange::Refused);
    }
    if found.used {
        revoke(&mut *conn, found.session_id).await?;
        return Ok(Exchange::Reused(found.session_id));
    }
    let lifetime = interval(lifetime);
    sqlx::query!(
        "update refresh_tokens set used_at = app_now() where token_hash = $1",
        &offered.hash()[..],
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "update sessions set expires_at = app_now() + $2 where id = $1",
        found.session_id,
        lifetime,
    )
    .execute(&mut *conn)
    .await?;
    insert_refresh_token(conn, found.session_id, next, &lifetime).await?;
    Ok(Exchange::Accepted(Session {
        id: found.session_id,
        user_id: found.user_id,
        role: found.role,
    }))
}

/// Ends a session: its access tokens die with it. Ending it twice is harmless.
pub async fn revoke(db: impl PgExecutor<'_>, session_id: Uuid) -> Result<()> {
    let user_id = sqlx::query_scalar!(
        "update sessions set revoked_at = app_now() where id = $1 and revoked_at is null
         returning user_id",
        session_id,
    )
    .fetch_optional(db)
    .await?;
    user_id.into_iter().for_each(hints::note);
    Ok(())
}

/// Ends all sessions of an account but `except`.
pub async fn revoke_all(
    conn: &mut PgConnection,
    user_id: Uuid,
    except: Option<Uuid>,
) -> Result<()> {
    sqlx::query!(
        "update sessions set revoked_at = app_now()
         where user_id = $1 and revoked_at is null and id is distinct from $2",
        user_id,
        except,
    )
    .execute(conn)
    .await?;
    hints::note(user_id);
    Ok(())
}

/// The active account of an address.
pub async fn active_account(conn: &mut PgConnection, email: &Email) -> Result<Option<Uuid>> {
    Ok(sqlx::query_scalar!(
        "select id from users where email = $1 and is_active",
        email.as_str(),
    )
    .fetch_optional(conn)
    .await?)
}

/// The PHC string and the address of an account.
pub async fn password_of(
    db: impl PgExecutor<'_>,
    user_id: Uuid,
) -> Result<Option<(String, String)>> {
    let row = sqlx::query!(
        "select password_hash, email from users where id = $1",
        user_id,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| (row.password_hash, row.email)))
}

pub async fn set_password(
    conn: &mut PgConnection,
    user_id: Uuid,
    password_hash: &str,
) -> Result<()> {
    sqlx::query!(
        "update users set password_hash = $2 where id = $1",
        user_id,
        password_hash,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// False, if the account has another password than the one of `former_hash`.
pub async fn replace_password(
    conn: &mut PgConnection,
    user_id: Uuid,
    former_hash: &str,
    password_hash: &str,
) -> Result<bool> {
    let done = sqlx::query!(
        "update users set password_hash = $3 where id = $1 and password_hash = $2",
        user_id,
        former_hash,
        password_hash,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Deletes sessions that expired more than a day ago, at most `limit` of them,
/// with their tokens. The day keeps the reuse of a late token visible.
pub async fn delete_expired(db: impl PgExecutor<'_>, limit: u64) -> Result<u64> {
    let deleted = sqlx::query!(
        "delete from sessions where id in (
           select id from sessions where expires_at < app_now() - interval '1 day'
           order by expires_at limit $1)",
        i64::try_from(limit).unwrap_or(i64::MAX),
    )
    .execute(db)
    .await?;
    Ok(deleted.rows_affected())
}

async fn insert_refresh_token(
    conn: &mut PgConnection,
    session_id: Uuid,
    token: &RefreshToken,
    lifetime: &PgInterval,
) -> Result<()> {
    sqlx::query!(
        "insert into refresh_tokens (token_hash, session_id, expires_at)
         values ($1, $2, app_now() + $3)",
        &token.hash()[..],
        session_id,
        lifetime,
    )
    .execute(conn)
    .await?;
    Ok(())
}

fn interval(duration: Duration) -> PgInterval {
    PgInterval {
        months: 0,
        days: 0,
        microseconds: i64::try_from(duration.as_micros()).unwrap_or(i64::MAX),
    }
}
