use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgConnection;

use super::MOST_COUNTED;
use crate::queue::{CHANNEL, TaskId};

/// Above every fence that a lease has ever got by counting.
const FENCE_OF_UNKNOWN: i64 = 1 << 40;

/// A task that changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Changed {
    pub id: TaskId,
}

/// A dead task that will run again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Retried {
    pub id: TaskId,
    /// The task that runs for it: itself, or the pending one of the same unique
    /// key that it merged into.
    pub runs_as: TaskId,
}

/// Brings dead tasks back: due now, all attempts before them, their errors kept.
/// Gives those that were dead.
///
/// Of tasks with a unique key give one at a time, each in a transaction of its
/// own: the insert may wait for one that has enqueued its twin, and holding a
/// second key meanwhile could deadlock with it.
pub async fn retry(conn: &mut PgConnection, ids: &[TaskId]) -> Result<Vec<Retried>, sqlx::Error> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    sqlx::query_as!(
        Retried,
        r#"
        with clock as materialized (select app_now() as now),
        gone as (delete from dead_tasks where id = any($1) returning *),
        returned as (
            insert into tasks (id, queue, kind, args, priority, attempt, max_attempts, run_at,
                               fence, unique_key, enqueued_at, batch_id, errors)
            overriding system value
            select id, queue, kind, args, priority, 0, max_attempts, clock.now,
                coalesce(fence, $2), unique_key, enqueued_at, batch_id, errors
            from gone, clock
            on conflict (kind, unique_key) where lease_until is null and unique_key is not null
            do update set
                run_at = least(tasks.run_at, excluded.run_at),
                priority = least(tasks.priority, excluded.priority),
                errors = jsonb_path_query_array(excluded.errors || tasks.errors,
                                                '$[last - 9 to last]')
            returning id, queue, kind, unique_key
        ),
        notified as materialized (
            select count(pg_notify($3, queue)) from (select distinct queue from returned) q
        )
        select gone.id as "id!: TaskId", returned.id as "runs_as!: TaskId"
        from gone
        join returned on returned.id = gone.id
            or (returned.kind = gone.kind and returned.unique_key = gone.unique_key)
        cross join notified
        "#,
        &ids,
        FENCE_OF_UNKNOWN,
        CHANNEL,
    )
    .fetch_all(conn)
    .await
}

/// Gives dead tasks up: they move to the ended ones. Gives those that were dead.
pub async fn discard(
    conn: &mut PgConnection,
    ids: &[TaskId],
    by: &str,
) -> Result<Vec<Changed>, sqlx::Error> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    sqlx::query_as!(
        Changed,
        r#"
        with gone as (delete from dead_tasks where id = any($1) returning *)
        insert into finished_tasks (id, queue, kind, args, attempt, enqueued_at, finished_at,
                                    finished_by, started_at, batch_id, outcome, errors)
        select id, queue, kind, args, attempt, enqueued_at, app_now(), $2, started_at, batch_id,
            'discarded', errors
        from gone
        returning id as "id: TaskId"
        "#,
        &ids,
        by,
    )
    .fetch_all(conn)
    .await
}

/// Makes a waiting task due, out of a delay or a backoff. `None`: it does not wait.
pub async fn run_now(conn: &mut PgConnection, id: TaskId) -> Result<Option<Changed>, sqlx::Error> {
    let queue = sqlx::query_scalar!(
        "update tasks set run_at = least(run_at, app_now())
         where id = $1 and lease_until is null
         returning queue",
        id.0,
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(queue) = queue else { return Ok(None) };
    wake(conn, &queue).await?;
    Ok(Some(Changed { id }))
}

/// Tells the workers to look at a queue when the transaction commits.
pub async fn wake(conn: &mut PgConnection, queue: &str) -> Result<(), sqlx::Error> {
    sqlx::query!("select pg_notify($1, $2)", CHANNEL, queue)
        .execute(conn)
        .await?;
    Ok(())
}

/// Which of the dead.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeadFilter {
    pub queue: Option<String>,
    pub kind: Option<String>,
    pub reason: Option<String>,
    /// Dead before this: keeps a caller who goes on until none is left from
    /// retrying what dies again meanwhile.
    pub died_before: Option<DateTime<Utc>>,
}

/// The dead that fit, longest dead first, with whether each has a unique key;
/// and how many there are beyond these, at most [`MOST_COUNTED`].
pub async fn dead_ids(
    conn: &mut PgConnection,
    filter: &DeadFilter,
    limit: u16,
) -> Result<(Vec<(TaskId, bool)>, i64), sqlx::Error> {
    let limit = usize::from(limit);
    let rows = sqlx::query!(
        r#"
        select id as "id: TaskId", unique_key is not null as "is_unique!"
        from dead_tasks
        where ($1::text is null or queue = $1)
          and ($2::text is null or kind = $2)
          and ($3::text is null or reason = $3)
          and ($4::timestamptz is null or died_at < $4)
        order by died_at, id
        limit $5
        "#,
        filter.queue,
        filter.kind,
        filter.reason,
        filter.died_before,
        MOST_COUNTED + limit as i64,
    )
    .fetch_all(conn)
    .await?;
    let left = rows.len().saturating_sub(limit) as i64;
    let ids = rows
        .into_iter()
        .take(limit)
        .map(|row| (row.id, row.is_unique));
    Ok((ids.collect(), left))
}
