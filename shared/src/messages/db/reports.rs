//! SQL of reported messages.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    Result,
    applications::Side,
    messages::reports::{Outcome, Report},
    pagination::{Paging, Slice, TimeCursor},
};

/// Whether there is such a message of this side in the thread.
pub(in crate::messages) async fn exists(
    conn: &mut PgConnection,
    application_id: Uuid,
    number: i64,
    side: Side,
) -> Result<Option<Uuid>> {
    Ok(sqlx::query_scalar!(
        "select id from messages where application_id = $1 and number = $2 and side = $3",
        application_id,
        number,
        side as Side,
    )
    .fetch_optional(conn)
    .await?)
}

/// Reporting the same message again changes nothing.
pub(in crate::messages) async fn insert(
    conn: &mut PgConnection,
    message_id: Uuid,
    reporter_id: Uuid,
    reason: &str,
) -> Result<()> {
    sqlx::query!(
        "insert into message_reports (message_id, reporter_id, reason) values ($1, $2, $3)
         on conflict on constraint message_reports_once_key do nothing",
        message_id,
        reporter_id,
        reason,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The newest first; open ones alone, or closed ones.
pub(in crate::messages) async fn list(
    conn: &mut PgConnection,
    is_open: Option<bool>,
    paging: &Paging,
) -> Result<Slice<Report>> {
    let cursor = paging.cursor();
    let rows = sqlx::query_as!(
        Report,
        r#"select r.id, r.message_id, m.application_id, m.number, m.side as "side: Side",
                  m.sender_id, m.body, r.reporter_id, r.reason, r.created_at, r.closed_at,
                  r.closed_by, r.outcome as "outcome: Outcome"
           from message_reports r join messages m on m.id = r.message_id
           where ($1::bool is null or (r.closed_at is null) = $1)
             and ($2::timestamptz is null or (r.created_at, r.id) < ($2, $3))
           order by r.created_at desc, r.id desc
           limit $4"#,
        is_open,
        cursor.map(|cursor| cursor.at),
        cursor.map(|cursor| cursor.id),
        paging.limit(),
    )
    .fetch_all(conn)
    .await?;
    Ok(Slice::cut(rows, paging.size, None, |row| TimeCursor {
        at: row.created_at,
        id: row.id,
    }))
}

pub(in crate::messages) async fn get(conn: &mut PgConnection, id: Uuid) -> Result<Option<Report>> {
    Ok(sqlx::query_as!(
        Report,
        r#"select r.id, r.message_id, m.application_id, m.number, m.side as "side: Side",
                  m.sender_id, m.body, r.reporter_id, r.reason, r.created_at, r.closed_at,
                  r.closed_by, r.outcome as "outcome: Outcome"
           from message_reports r join messages m on m.id = r.message_id
           where r.id = $1"#,
        id,
    )
    .fetch_optional(conn)
    .await?)
}

/// False where it is closed already.
pub(in crate::messages) async fn close(
    conn: &mut PgConnection,
    id: Uuid,
    admin: Uuid,
    outcome: Outcome,
) -> Result<bool> {
    let done = sqlx::query!(
        "update message_reports set closed_at = app_now(), closed_by = $2, outcome = $3
         where id = $1 and closed_at is null",
        id,
        admin,
        outcome as Outcome,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes the words of a message away, also from what the notification centre says of it.
pub(in crate::messages) async fn remove_message(
    conn: &mut PgConnection,
    message_id: Uuid,
) -> Result<()> {
    sqlx::query!(
        "update messages set removed_at = app_now() where id = $1 and removed_at is null",
        message_id,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "update notifications set message = '' where event_id = $1 and kind = 'message_received'",
        message_id,
    )
    .execute(conn)
    .await?;
    Ok(())
}
