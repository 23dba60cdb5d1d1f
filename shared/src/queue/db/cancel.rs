use sqlx::PgConnection;

use super::end_batches;
use crate::queue::{BatchId, CANCEL_CHANNEL, LeaseKey, TaskId};

/// What became of a [`cancel`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancelled {
    /// It was pending and will not run.
    AtOnce,
    /// It runs; its worker is told and ends the run.
    Requested,
    /// It has ended, or never was.
    NotFound,
}

/// A task that comes back from a lease is gone for a moment.
const LOOKS: usize = 3;

/// Cancels a task: at once where it is pending; where it runs, by a request that
/// its worker hears from the committed notification, or with its next heartbeat.
/// However the run ends after that, done is done and everything else is
/// cancelled.
pub async fn cancel(conn: &mut PgConnection, id: TaskId) -> Result<Cancelled, sqlx::Error> {
    for _ in 0..LOOKS {
        if cancel_pending(conn, id).await? {
            return Ok(Cancelled::AtOnce);
        }
        if request(conn, id).await? {
            return Ok(Cancelled::Requested);
        }
    }
    Ok(Cancelled::NotFound)
}

async fn cancel_pending(conn: &mut PgConnection, id: TaskId) -> Result<bool, sqlx::Error> {
    let cancelled = sqlx::query!(
        r#"with gone as (
            delete from tasks where id = $1 and lease_until is null returning *
        )
        insert into finished_tasks (id, queue, kind, args, attempt, enqueued_at, finished_at,
                                    finished_by, started_at, batch_id, outcome, errors)
        select id, queue, kind, args, attempt, enqueued_at, app_now(), 'operator', started_at,
               batch_id, 'cancelled', errors
        from gone
        returning batch_id as "batch: BatchId""#,
        id.0,
    )
    .fetch_optional(&mut *conn)
    .await?;
    if let Some(batch) = cancelled.as_ref().and_then(|row| row.batch) {
        end_batches(conn, &[batch]).await?;
    }
    Ok(cancelled.is_some())
}

async fn request(conn: &mut PgConnection, id: TaskId) -> Result<bool, sqlx::Error> {
    let requested = sqlx::query_scalar!(
        r#"
        with requested as (
            update tasks set cancel_requested_at = coalesce(cancel_requested_at, app_now())
            where id = $1 and leased_by is not null
            returning id, fence
        ),
        remembered as (
            insert into task_cancels (task_id, requested_at)
            select id, app_now() from requested
            on conflict do nothing
        )
        select (pg_notify($2, id || ' ' || fence) is null) as "notified!" from requested
        "#,
        id.0,
        CANCEL_CHANNEL,
    )
    .fetch_optional(conn)
    .await?;
    Ok(requested.is_some())
}

/// Cancels again what a worker that knows nothing of requests has brought back,
/// and forgets the requests for tasks that have ended; gives the tasks cancelled
/// again.
pub async fn sweep_cancels(conn: &mut PgConnection) -> Result<Vec<TaskId>, sqlx::Error> {
    let brought_back = sqlx::query_scalar!(
        r#"
        with ended as (
            delete from task_cancels c
            where not exists (select from tasks t where t.id = c.task_id)
        )
        select t.id as "id: TaskId" from task_cancels c
        cross join lateral (
            -- Not pulled up, however small the statistics say the table is: a
            -- backlog that has just come would be read whole.
            select t.id from tasks t
            where t.id = c.task_id and t.cancel_requested_at is null
            offset 0
        ) t
        order by c.task_id limit 100
        "#
    )
    .fetch_all(&mut *conn)
    .await?;
    for id in &brought_back {
        cancel(conn, *id).await?;
    }
    Ok(brought_back)
}

/// Ends leases whose runs were cancelled.
pub(super) async fn settle_cancelled(
    conn: &mut PgConnection,
    keys: &[LeaseKey],
    settled: &mut Vec<TaskId>,
) -> Result<(), sqlx::Error> {
    let (ids, fences): (Vec<_>, Vec<_>) = keys.iter().map(|k| (k.id.0, k.fence)).unzip();
    let cancelled = sqlx::query_scalar!(
        r#"
        with gone as (
            delete from tasks t
            using unnest($1::bigint[], $2::bigint[]) as l(id, fence)
            where t.id = l.id and t.fence = l.fence and t.leased_by is not null
            returning t.*
        )
        insert into finished_tasks (id, queue, kind, args, attempt, enqueued_at, finished_at,
                                    finished_by, started_at, batch_id, outcome, errors)
        select id, queue, kind, args, attempt, enqueued_at, app_now(), leased_by, started_at,
               batch_id, 'cancelled', errors
        from gone
        returning id
        "#,
        &ids,
        &fences,
    )
    .fetch_all(conn)
    .await?;
    settled.extend(cancelled.into_iter().map(TaskId));
    Ok(())
}
