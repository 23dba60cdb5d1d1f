use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use sqlx::PgConnection;

use super::TaskState;
use crate::queue::{BatchId, TaskId};

/// All that is known of a task. What its state does not know is `None`.
#[derive(Clone, Debug, Serialize)]
pub struct TaskDetail {
    pub id: TaskId,
    pub state: TaskState,
    pub queue: String,
    pub kind: String,
    pub args: Value,
    pub priority: Option<i16>,
    pub attempt: i16,
    pub max_attempts: Option<i16>,
    pub unique_key: Option<String>,
    pub enqueued_at: DateTime<Utc>,
    pub run_at: Option<DateTime<Utc>>,
    pub deadline: Option<DateTime<Utc>>,
    pub started_at: Option<DateTime<Utc>>,
    pub lease_until: Option<DateTime<Utc>>,
    pub cancel_requested_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    pub worker: Option<String>,
    pub reason: Option<String>,
    pub batch: Option<BatchId>,
    /// The last ten of `{at, attempt, worker, error}`, oldest first; empty too
    /// where they are no longer known.
    pub errors: Value,
}

/// A task wherever it is by now.
pub async fn find(conn: &mut PgConnection, id: TaskId) -> Result<Option<TaskDetail>, sqlx::Error> {
    let row = sqlx::query!(
        r#"
        select case when lease_until is not null then 'running'
                    when lapses > 0 then 'suspect' else 'pending' end as "state!",
            queue as "queue!", kind as "kind!", args as "args!", priority as "priority?",
            attempt as "attempt!", max_attempts as "max_attempts?",
            unique_key as "unique_key?", enqueued_at as "enqueued_at!", run_at as "run_at?",
            deadline as "deadline?", started_at as "started_at?",
            lease_until as "lease_until?", cancel_requested_at as "cancel_requested_at?",
            null::timestamptz as "ended_at?", leased_by as "worker?", null::text as "reason?",
            batch_id as "batch?: BatchId", errors as "errors!"
        from tasks where id = $1
        union all
        select 'dead', queue, kind, args, priority, attempt, max_attempts, unique_key,
            enqueued_at, null, null, started_at, null, null, died_at, errors->-1->>'worker',
            reason, batch_id, errors
        from dead_tasks where id = $1
        union all
        (select case outcome when 'done' then 'finished' else outcome end, queue, kind, args,
            null, attempt, null, null, enqueued_at, null, null, started_at, null, null,
            finished_at, finished_by, null, batch_id, coalesce(errors, '[]')
        from finished_tasks where id = $1)
        limit 1
        "#,
        id.0,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.and_then(|row| {
        Some(TaskDetail {
            id,
            state: TaskState::parse(&row.state)?,
            queue: row.queue,
            kind: row.kind,
            args: row.args,
            priority: row.priority,
            attempt: row.attempt,
            max_attempts: row.max_attempts,
            unique_key: row.unique_key,
            enqueued_at: row.enqueued_at,
            run_at: row.run_at,
            deadline: row.deadline,
            started_at: row.started_at,
            lease_until: row.lease_until,
            cancel_requested_at: row.cancel_requested_at,
            ended_at: row.ended_at,
            worker: row.worker,
            reason: row.reason,
            batch: row.batch,
            errors: row.errors,
        })
    }))
}

/// `None`: there is no such task, or not any more.
pub async fn state_of(
    conn: &mut PgConnection,
    id: TaskId,
) -> Result<Option<TaskState>, sqlx::Error> {
    Ok(find(conn, id).await?.map(|task| task.state))
}
