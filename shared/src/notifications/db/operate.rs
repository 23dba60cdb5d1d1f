//! What operators see of the outbox: no addresses, no words of mails.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{DeadReason, EmailStatus};
use crate::queue::TaskId;

/// A row of the outbox.
#[derive(Clone, Debug)]
pub struct OutboxRecord {
    pub id: Uuid,
    pub user_id: Uuid,
    pub event_id: Uuid,
    pub template: String,
    pub status: EmailStatus,
    pub dead_reason: Option<DeadReason>,
    pub attempts: i32,
    pub doubtful_deliveries: i16,
    /// How often an operator had it sent again.
    pub resends: i16,
    pub last_error: Option<String>,
    pub task_id: Option<i64>,
    pub created_at: DateTime<Utc>,
    pub sending_at: Option<DateTime<Utc>>,
    pub sent_at: Option<DateTime<Utc>>,
}

pub async fn get_record(
    conn: &mut PgConnection,
    id: Uuid,
) -> Result<Option<OutboxRecord>, sqlx::Error> {
    sqlx::query_as!(
        OutboxRecord,
        r#"select id, user_id, event_id, template, status as "status: EmailStatus",
                  dead_reason as "dead_reason: DeadReason", attempts, doubtful_deliveries,
                  resends, last_error, task_id, created_at, sending_at, sent_at
           from email_outbox where id = $1"#,
        id,
    )
    .fetch_optional(conn)
    .await
}

/// Mails of one status that is not `sent`, the newest first, older than `before`
/// (the last row of the page before).
pub async fn list_unsent(
    conn: &mut PgConnection,
    status: EmailStatus,
    before: Option<Uuid>,
    limit: u16,
) -> Result<Vec<OutboxRecord>, sqlx::Error> {
    sqlx::query_as!(
        OutboxRecord,
        r#"select id, user_id, event_id, template, status as "status: EmailStatus",
                  dead_reason as "dead_reason: DeadReason", attempts, doubtful_deliveries,
                  resends, last_error, task_id, created_at, sending_at, sent_at
           from email_outbox
           where status = $1 and status <> 'sent' and ($2::uuid is null or id < $2)
           order by id desc
           limit $3"#,
        status as EmailStatus,
        before,
        i64::from(limit),
    )
    .fetch_all(conn)
    .await
}

/// The row's status and whose it is; the row is the transaction's until its end.
pub(in crate::notifications) async fn lock(
    conn: &mut PgConnection,
    id: Uuid,
) -> Result<Option<(EmailStatus, Uuid)>, sqlx::Error> {
    let row = sqlx::query!(
        r#"select status as "status: EmailStatus", user_id
           from email_outbox where id = $1 for update"#,
        id,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| (row.status, row.user_id)))
}

/// Pending again, what was in doubt forgiven: an operator has decided.
pub(in crate::notifications) async fn requeue(
    conn: &mut PgConnection,
    id: Uuid,
    task: TaskId,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update email_outbox
         set status = 'pending', dead_reason = null, doubtful_deliveries = 0,
             resends = least(resends + 1, 32767), task_id = $2
         where id = $1",
        id,
        task.0,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Counts stop here.
const MOST_COUNTED: i64 = 10_000;

/// How many mails of each status but `sent` there are.
pub async fn count_unsent(conn: &mut PgConnection) -> Result<Vec<(EmailStatus, i64)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select s.status as "status!: EmailStatus",
                  (select count(*) from (
                       select from email_outbox o
                       where o.status = s.status and o.status <> 'sent' limit $1) counted)
                      as "number!"
           from unnest(array['pending', 'sending', 'unknown', 'dead']::email_status[])
               as s(status)"#,
        MOST_COUNTED,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.status, row.number))
        .collect())
}
