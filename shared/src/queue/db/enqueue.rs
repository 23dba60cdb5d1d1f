use sqlx::PgConnection;

use crate::queue::{CHANNEL, NewTask, TaskId, backoff::LONGEST_MERGED_BACKOFF};

/// The most rows of one insert.
pub const INSERT_CHUNK: usize = 10_000;

/// What became of one new task.
#[derive(Clone, Copy, Debug)]
pub struct Inserted {
    pub id: TaskId,
    /// False where it merged into a pending twin.
    pub fresh: bool,
}

/// Inserts in the caller's transaction and notifies on commit. No two may have
/// the same kind and unique key.
///
/// A pending twin is locked by an update even where nothing changes: passing
/// over it would let a worker take it, read the caller's rows as they were
/// before the commit, and lose the edit.
///
/// The twin keeps the attempts it has used: what is enqueued more often than it
/// fails (by the schedule, say) would never be dead otherwise. The new enqueue
/// brings it forward, out of a backoff only to [`LONGEST_MERGED_BACKOFF`] from
/// now, and not at all where its last lease ran out.
pub async fn insert(
    conn: &mut PgConnection,
    tasks: &[NewTask],
) -> Result<Vec<Inserted>, sqlx::Error> {
    let queues: Vec<_> = tasks.iter().map(|t| t.queue.to_string()).collect();
    let kinds: Vec<_> = tasks.iter().map(|t| t.kind.to_string()).collect();
    let args: Vec<_> = tasks.iter().map(|t| t.args.clone()).collect();
    let priorities: Vec<_> = tasks.iter().map(|t| t.priority).collect();
    let max_attempts: Vec<_> = tasks.iter().map(|t| t.max_attempts).collect();
    let keys: Vec<_> = tasks.iter().map(|t| t.unique_key.clone()).collect();
    let delays: Vec<_> = tasks.iter().map(|t| t.delay.as_secs_f64()).collect();
    let deadlines: Vec<_> = tasks
        .iter()
        .map(|t| t.deadline.map(|deadline| deadline.as_secs_f64()))
        .collect();
    let batches: Vec<_> = tasks.iter().map(|t| t.batch.map(|batch| batch.0)).collect();
    let rows = sqlx::query!(
        r#"
        with clock as materialized (select app_now() as now),
        entry as (
            insert into tasks (queue, kind, args, priority, max_attempts, unique_key,
                               run_at, enqueued_at, deadline, batch_id)
            select n.queue, n.kind, n.args, n.priority, n.max_attempts, n.unique_key,
                   clock.now + make_interval(secs => n.delay), clock.now,
                   clock.now + make_interval(secs => n.delay + n.deadline), n.batch
            from clock, unnest($1::text[], $2::text[], $3::jsonb[], $4::smallint[],
                               $5::smallint[], $6::text[], $7::float8[], $10::float8[],
                               $11::bigint[])
                with ordinality
                as n(queue, kind, args, priority, max_attempts, unique_key, delay, deadline,
                     batch, place)
            order by n.kind, n.unique_key collate "C", n.place
            on conflict (kind, unique_key) where lease_until is null and unique_key is not null
            do update set
                priority = least(tasks.priority, excluded.priority),
                deadline = case when tasks.deadline is null or excluded.deadline is null then null
                    else greatest(tasks.deadline, excluded.deadline) end,
                run_at = case
                    when tasks.errors = '[]' then least(tasks.run_at, excluded.run_at)
                    when tasks.lapses > 0 then tasks.run_at
                    else least(tasks.run_at, greatest(excluded.run_at,
                        (select now from clock) + make_interval(secs => $9)))
                    end
            returning id, queue, run_at, xmax = 0 as fresh
        )
        select id as "id!", fresh as "fresh!",
            (select count(*) from (
                select pg_notify($8, due.queue) from (
                    select distinct entry.queue from entry, clock where entry.run_at <= clock.now
                ) due
            ) notified) as "notified!"
        from entry
        "#,
        &queues,
        &kinds,
        &args,
        &priorities,
        &max_attempts,
        &keys as &[Option<String>],
        &delays,
        CHANNEL,
        LONGEST_MERGED_BACKOFF.as_secs_f64(),
        &deadlines as &[Option<f64>],
        &batches as &[Option<i64>],
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Inserted {
            id: TaskId(row.id),
            fresh: row.fresh,
        })
        .collect())
}
