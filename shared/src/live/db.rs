//! SQL of live connections: their tickets, and what they look at.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{ImportProgress, Standing, Ticket};
use crate::{Result, imports::ImportStatus};

pub async fn insert_ticket(
    conn: &mut PgConnection,
    ticket: Ticket,
    session_id: Uuid,
    lifetime: Duration,
) -> Result<DateTime<Utc>> {
    Ok(sqlx::query_scalar!(
        "insert into live_tickets (ticket_hash, session_id, expires_at)
         values ($1, $2, app_now() + make_interval(secs => $3))
         returning expires_at",
        &ticket.hash()[..],
        session_id,
        lifetime.as_secs_f64(),
    )
    .fetch_one(conn)
    .await?)
}

/// Takes a ticket away and gives whose it was: account and session. Of several
/// takers one gets it.
pub async fn take_ticket(conn: &mut PgConnection, ticket: Ticket) -> Result<Option<(Uuid, Uuid)>> {
    let row = sqlx::query!(
        "delete from live_tickets t using sessions s
         where t.ticket_hash = $1 and t.expires_at > app_now() and s.id = t.session_id
         returning s.user_id, s.id as session_id",
        &ticket.hash()[..],
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| (row.user_id, row.session_id)))
}

/// Deletes tickets that nobody has used in time, at most `most`.
pub async fn delete_expired_tickets(conn: &mut PgConnection, most: i64) -> Result<u64> {
    let deleted = sqlx::query!(
        "delete from live_tickets where ticket_hash in (
             select ticket_hash from live_tickets where expires_at < (select app_now())
             order by expires_at limit $1)",
        most,
    )
    .execute(conn)
    .await?;
    Ok(deleted.rows_affected())
}

pub async fn standing(
    conn: &mut PgConnection,
    user_id: Uuid,
    session_id: Uuid,
) -> Result<Standing> {
    Ok(sqlx::query_as!(
        Standing,
        r#"select exists (
                      select from sessions s join users u on u.id = s.user_id
                      where s.id = $2 and s.user_id = $1 and s.revoked_at is null
                        and s.expires_at > app_now() and u.is_active) as "is_alive!",
                  coalesce((select last_number from notification_streams where user_id = $1), 0)
                      as "last_number!""#,
        user_id,
        session_id,
    )
    .fetch_one(conn)
    .await?)
}

/// Those of the sessions that live, with the number of their account's newest
/// notification.
pub async fn standings(conn: &mut PgConnection, session_ids: &[Uuid]) -> Result<Vec<(Uuid, i64)>> {
    let rows = sqlx::query!(
        r#"select s.id, coalesce(n.last_number, 0) as "last_number!"
           from sessions s
           join users u on u.id = s.user_id
           left join notification_streams n on n.user_id = s.user_id
           where s.id = any ($1) and s.revoked_at is null
             and s.expires_at > (select app_now()) and u.is_active"#,
        session_ids,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.id, row.last_number))
        .collect())
}

/// The account's imports that wait or run, the newest of them.
pub async fn running_imports(
    conn: &mut PgConnection,
    user_id: Uuid,
    limit: i64,
) -> Result<Vec<ImportProgress>> {
    Ok(sqlx::query_as!(
        ImportProgress,
        r#"select id, status as "status: ImportStatus", rows_done, failed_count, file_bytes,
                  next_byte as bytes_done, created_at
           from imports
           where user_id = $1 and status in ('queued', 'running')
           order by created_at desc, id desc
           limit $2"#,
        user_id,
        limit,
    )
    .fetch_all(conn)
    .await?)
}
