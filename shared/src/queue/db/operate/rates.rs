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
    /// What the counts are of: whole minutes and the present one as far as it went.
    pub minutes: f64,
    /// Counts by the buckets of [`crate::queue::histogram`].
    pub waits: Vec<i64>,
    pub runs: Vec<i64>,
}

/// The sums of the present minute and so many before it, by queue.
pub async fn recent(conn: &mut PgConnection, before: i32) -> Result<Vec<Recent>, sqlx::Error> {
    sqlx::query_as!(
        Recent,
        r#"
        with clock as materialized (
            select app_now() as now,
                date_trunc('minute', app_now()) - make_interval(mins => $1) as start
        ),
        rows as materialized (
            select queue, done, failed, dead, waits, runs from task_minutes
            where minute >= (select start from clock)
        ),
        sums as (
            select queue, sum(done)::bigint as done, sum(failed)::bigint as failed,
                sum(dead)::bigint as dead
            from rows group by queue
        )
        select s.queue as "queue!", s.done as "done!", s.failed as "failed!", s.dead as "dead!",
            (extract(epoch from clock.now - clock.start) / 60)::float8 as "minutes!",
            coalesce((select array_agg(b.n order by b.place) from (
                select u.place, sum(u.n)::bigint as n
                from rows r cross join lateral unnest(r.waits) with ordinality as u(n, place)
                where r.queue = s.queue group by u.place) b), '{}') as "waits!",
            coalesce((select array_agg(b.n order by b.place) from (
                select u.place, sum(u.n)::bigint as n
                from rows r cross join lateral unnest(r.runs) with ordinality as u(n, place)
                where r.queue = s.queue group by u.place) b), '{}') as "runs!"
        from clock, sums s
        order by s.queue
        "#,
        before,
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
