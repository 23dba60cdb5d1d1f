use std::time::Duration;

use serde::Serialize;
use sqlx::{PgConnection, types::Json};

/// What a worker did with one kind of task since it last said so.
#[derive(Clone, Debug, Default, Serialize)]
pub struct MinuteCounts {
    pub queue: String,
    pub kind: String,
    pub done: u64,
    pub failed: u64,
    pub dead: u64,
    /// Snoozed, released, cancelled, lost.
    pub other: u64,
    /// Counts by the buckets of [`crate::queue::histogram`].
    pub waits: Vec<u64>,
    pub runs: Vec<u64>,
    pub run_seconds: f64,
}

/// Adds to what the worker did in the present minute.
pub async fn add_minutes(
    conn: &mut PgConnection,
    worker: &str,
    counts: &[MinuteCounts],
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "
        insert into task_minutes as m (minute, queue, kind, worker, done, failed, dead, other,
                                       waits, runs, run_seconds)
        select date_trunc('minute', app_now()), n.queue, n.kind, $1, n.done, n.failed, n.dead,
            n.other, n.waits, n.runs, n.run_seconds
        from jsonb_to_recordset($2) as n(queue text, kind text, done bigint, failed bigint,
            dead bigint, other bigint, waits bigint[], runs bigint[], run_seconds float8)
        order by n.queue, n.kind
        on conflict (minute, queue, kind, worker) do update set
            done = m.done + excluded.done, failed = m.failed + excluded.failed,
            dead = m.dead + excluded.dead, other = m.other + excluded.other,
            run_seconds = m.run_seconds + excluded.run_seconds,
            waits = (select coalesce(array_agg(coalesce(a, 0) + coalesce(b, 0) order by place), '{}')
                     from unnest(m.waits, excluded.waits) with ordinality as u(a, b, place)),
            runs = (select coalesce(array_agg(coalesce(a, 0) + coalesce(b, 0) order by place), '{}')
                    from unnest(m.runs, excluded.runs) with ordinality as u(a, b, place))
        ",
        worker,
        Json(counts) as _,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets minutes older than this; gives how many rows.
pub async fn drop_old_minutes(conn: &mut PgConnection, age: Duration) -> Result<u64, sqlx::Error> {
    let dropped = sqlx::query!(
        "delete from task_minutes where minute < (select app_now()) - make_interval(secs => $1)",
        age.as_secs_f64(),
    )
    .execute(conn)
    .await?;
    Ok(dropped.rows_affected())
}
