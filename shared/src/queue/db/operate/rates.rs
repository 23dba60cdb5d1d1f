use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

/// What a queue did lately.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recent {
    pub queue: String,
    pub done: i64,
    pub failed: i64,
    pub dead: i64,
    /// Counts by the buckets of task minutes.
    pub waits: Vec<i64>,
    pub runs: Vec<i64>,
}

/// The sums since so long ago, by queue.
pub async fn recent(conn: &mut PgConnection, since: Duration) -> Result<Vec<Recent>, sqlx::Error> {
    sqlx::query_as!(
        Recent,
        r#"
        with rows as materialized (
            select queue, done, failed, dead, waits, runs from task_minutes
            where minute > (select app_now()) - make_interval(secs => $1)
        ),
        sums as (
            select queue, sum(done)::bigint as done, sum(failed)::bigint as failed,
                sum(dead)::bigint as dead
            from rows group by queue
        )
        select s.queue as "queue!", s.done as "done!", s.failed as "failed!", s.dead as "dead!",
            coalesce((select array_agg(b.n order by b.place) from (
                select u.place, sum(u.n)::bigint as n
                from rows r cross join lateral unnest(r.waits) with ordinality as u(n, place)
                where r.queue = s.queue group by u.place) b), '{}') as "waits!",
            coalesce((select array_agg(b.n order by b.place) from (
                select u.place, sum(u.n)::bigint as n
                from rows r cross join lateral unnest(r.runs) with ordinality as u(n, place)
                where r.queue = s.queue group by u.place) b), '{}') as "runs!"
        from sums s
        order by s.queue
        "#,
        since.as_secs_f64(),
    )
    .fetch_all(conn)
    .await
}

/// Tasks that ended in a minute.
#[derive(Clone, Debug, PartialEq)]
pub struct MinuteRate {
    pub minute: DateTime<Utc>,
    pub queue: String,
    pub done: i64,
    /// Failed or died.
    pub failed: i64,
}

/// Each minute since so long ago in which anything ended, by queue, then time.
pub async fn minutes(
    conn: &mut PgConnection,
    since: Duration,
) -> Result<Vec<MinuteRate>, sqlx::Error> {
    sqlx::query_as!(
        MinuteRate,
        r#"
        select minute, queue, sum(done)::bigint as "done!", sum(failed + dead)::bigint as "failed!"
        from task_minutes
        where minute > (select app_now()) - make_interval(secs => $1)
        group by queue, minute
        order by queue, minute
        limit 100000
        "#,
        since.as_secs_f64(),
    )
    .fetch_all(conn)
    .await
}
