use std::{collections::HashMap, time::Duration};

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgConnection;

use super::MOST_COUNTED;

/// Due and scheduled tasks of one priority are counted so far; beyond that the
/// queue's numbers are estimated.
const COUNTED_EXACTLY: i64 = 5_000;
/// Pages of `tasks` that an estimate reads: some 30,000 tasks, which puts the
/// numbers within a tenth.
const SAMPLED_PAGES: f64 = 500.0;
/// How often depths are noted for plots.
pub const DEPTH_RHYTHM: Duration = Duration::from_secs(10);

/// What waits and runs in a queue.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct QueueDepth {
    pub queue: String,
    /// Waiting and due, suspects included.
    pub due: i64,
    /// Waiting for their time: delayed, or after a failure.
    pub scheduled: i64,
    /// Whether the two above are estimates, good to a tenth.
    pub estimated: bool,
    /// At most [`MOST_COUNTED`], like the next two.
    pub running: i64,
    /// Waiting after a lease that ran out; they run one at a time.
    pub suspects: i64,
    pub dead: i64,
    /// Since the oldest due task was due; 0 where none is.
    pub oldest_due_seconds: f64,
    /// Workers that serve it, and the tasks that they run at once together.
    pub workers: i64,
    pub slots: i64,
    pub paused_at: Option<DateTime<Utc>>,
    pub max_running: Option<i32>,
    pub rate_limit: Option<i32>,
    pub rate_period_seconds: Option<f64>,
}

/// Every queue that holds a task, is served, is limited or ran something within
/// the hour.
///
/// Counts look into one index range per queue and priority and stop early.
pub async fn queues(conn: &mut PgConnection) -> Result<Vec<QueueDepth>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"
        with recursive clock as materialized (select app_now() as now),
        ranges as (
            (select queue, priority from tasks where lease_until is null and lapses = 0
             order by queue, priority limit 1)
            union all
            select next.queue, next.priority
            from ranges r
            cross join lateral (
                select t.queue, t.priority from tasks t
                where t.lease_until is null and t.lapses = 0
                  and (t.queue, t.priority) > (r.queue, r.priority)
                order by t.queue, t.priority limit 1
            ) next
        ),
        pending as (
            select r.queue, sum(due.n)::bigint as due, sum(later.n)::bigint as scheduled,
                max(greatest(due.n, later.n)) > $1::bigint as uncounted, min(due.oldest) as oldest
            from (select queue, priority from ranges limit 1000) r
            cross join lateral (
                select count(*) as n, min(x.run_at) as oldest from (
                    select t.run_at from tasks t
                    where t.queue = r.queue and t.priority = r.priority
                      and t.lease_until is null and t.lapses = 0
                      and t.run_at <= (select now from clock)
                    order by t.run_at limit $1::bigint + 1
                ) x
            ) due
            cross join lateral (
                select count(*) as n from (
                    select from tasks t
                    where t.queue = r.queue and t.priority = r.priority
                      and t.lease_until is null and t.lapses = 0
                      and t.run_at > (select now from clock)
                    limit $1::bigint + 1
                ) x
            ) later
            group by r.queue
        ),
        suspects as (
            select x.queue, count(*) as n,
                count(*) filter (where x.run_at <= (select now from clock)) as due,
                min(x.run_at) filter (where x.run_at <= (select now from clock)) as oldest
            from (select queue, run_at from tasks
                  where lease_until is null and lapses > 0 limit $2) x
            group by x.queue
        ),
        running as (
            select x.queue, count(*) as n
            from (select queue from tasks where lease_until is not null limit $2) x
            group by x.queue
        ),
        graves as (
            (select queue from dead_tasks order by queue limit 1)
            union all
            select (select d.queue from dead_tasks d where d.queue > g.queue
                    order by d.queue limit 1)
            from graves g where g.queue is not null
        ),
        dead as (
            select g.queue, c.n
            from (select queue from graves where queue is not null limit 1000) g
            cross join lateral (
                select count(*) as n from (
                    select from dead_tasks d where d.queue = g.queue limit $2
                ) x
            ) c
        ),
        served as (
            select s.key as queue, count(*) as workers, sum(s.value::bigint)::bigint as slots
            from workers w
            cross join lateral jsonb_each_text(w.queues) s
            where is_alive(w) and not w.stopping
            group by s.key
        ),
        names as (
            select queue from pending
            union select queue from suspects
            union select queue from running
            union select queue from dead
            union select queue from served
            union select queue from queue_controls
            union select queue from task_minutes
                  where minute > (select now from clock) - interval '1 hour'
        )
        select n.queue as "queue!",
            coalesce(p.due, 0) + coalesce(s.due, 0) as "due!",
            coalesce(p.scheduled, 0) + coalesce(s.n - s.due, 0) as "scheduled!",
            coalesce(p.uncounted, false) as "estimated!",
            coalesce(r.n, 0) as "running!", coalesce(s.n, 0) as "suspects!",
            coalesce(d.n, 0) as "dead!",
            coalesce(extract(epoch from
                (select now from clock) - least(p.oldest, s.oldest))::float8, 0) as "oldest_due_seconds!",
            coalesce(w.workers, 0) as "workers!", coalesce(w.slots, 0) as "slots!",
            c.paused_at as "paused_at?", c.max_running as "max_running?",
            c.rate_limit as "rate_limit?",
            extract(epoch from c.rate_period)::float8 as "rate_period_seconds?"
        from names n
        left join pending p using (queue)
        left join suspects s using (queue)
        left join running r using (queue)
        left join dead d using (queue)
        left join served w using (queue)
        left join queue_controls c using (queue)
        order by n.queue
        "#,
        COUNTED_EXACTLY,
        MOST_COUNTED,
    )
    .fetch_all(&mut *conn)
    .await?;
    let mut queues: Vec<_> = rows
        .into_iter()
        .map(|row| QueueDepth {
            queue: row.queue,
            due: row.due,
            scheduled: row.scheduled,
            estimated: row.estimated,
            running: row.running,
            suspects: row.suspects,
            dead: row.dead,
            oldest_due_seconds: row.oldest_due_seconds,
            workers: row.workers,
            slots: row.slots,
            paused_at: row.paused_at,
            max_running: row.max_running,
            rate_limit: row.rate_limit,
            rate_period_seconds: row.rate_period_seconds,
        })
        .collect();
    if queues.iter().any(|queue| queue.estimated) {
        let estimates = estimates(conn).await?;
        for queue in queues.iter_mut().filter(|queue| queue.estimated) {
            let (due, scheduled) = estimates.get(&queue.queue).copied().unwrap_or_default();
            // What was counted is certain.
            queue.due = queue.due.max(due);
            queue.scheduled = queue.scheduled.max(scheduled);
        }
    }
    Ok(queues)
}

/// Due and scheduled tasks of each queue by a sample of the table's pages: the
/// same ones each time, so that a plot does not jump from sample to sample.
async fn estimates(conn: &mut PgConnection) -> Result<HashMap<String, (i64, i64)>, sqlx::Error> {
    let part = sqlx::query_scalar!(
        r#"select least(1, $1 * current_setting('block_size')::float8
                           / greatest(pg_relation_size('tasks'), 1)) as "part!""#,
        SAMPLED_PAGES,
    )
    .fetch_one(&mut *conn)
    .await?;
    let rows = sqlx::query!(
        r#"
        with clock as materialized (select app_now() as now)
        select queue,
            (count(*) filter (where run_at <= (select now from clock)) / $1::float8)::bigint as "due!",
            (count(*) filter (where run_at > (select now from clock)) / $1::float8)::bigint
                as "scheduled!"
        from tasks tablesample system ($1::float8 * 100) repeatable (0)
        where lease_until is null
        group by queue
        "#,
        part,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.queue, (row.due, row.scheduled)))
        .collect())
}

/// Notes the depths, once in a [`DEPTH_RHYTHM`] however many ask for it; gives
/// whether it was this time.
pub async fn sample_depths(conn: &mut PgConnection) -> Result<bool, sqlx::Error> {
    let rhythm = DEPTH_RHYTHM.as_secs_f64();
    let due = sqlx::query_scalar!(
        r#"select date_bin(make_interval(secs => $1), app_now(), 'epoch') as "at!"
           where not exists (
               select from queue_depths
               where at >= date_bin(make_interval(secs => $1), (select app_now()), 'epoch'))"#,
        rhythm,
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(at) = due else { return Ok(false) };
    let depths = queues(conn).await?;
    let names: Vec<_> = depths.iter().map(|d| d.queue.clone()).collect();
    let due: Vec<_> = depths.iter().map(|d| d.due).collect();
    let scheduled: Vec<_> = depths.iter().map(|d| d.scheduled).collect();
    let running: Vec<_> = depths.iter().map(|d| d.running).collect();
    let ages: Vec<_> = depths.iter().map(|d| d.oldest_due_seconds).collect();
    let inserted = sqlx::query!(
        "insert into queue_depths (at, queue, due, scheduled, running,
                                   oldest_due_seconds)
         select $1, d.* from unnest($2::text[], $3::bigint[], $4::bigint[], $5::bigint[],
                                    $6::float8[]) as d
         on conflict do nothing",
        at,
        &names,
        &due,
        &scheduled,
        &running,
        &ages,
    )
    .execute(conn)
    .await?;
    Ok(inserted.rows_affected() > 0)
}

/// How long a queue was around some time.
#[derive(Clone, Debug, PartialEq)]
pub struct DepthSample {
    pub at: DateTime<Utc>,
    pub queue: String,
    pub due: i64,
    pub scheduled: i64,
    pub running: i64,
}

/// The highest of each minute since so long ago, by queue, then time.
pub async fn samples(
    conn: &mut PgConnection,
    since: Duration,
) -> Result<Vec<DepthSample>, sqlx::Error> {
    sqlx::query_as!(
        DepthSample,
        r#"
        select date_trunc('minute', at) as "at!", queue, max(due) as "due!",
            max(scheduled) as "scheduled!", max(running) as "running!"
        from queue_depths
        where at > (select app_now()) - make_interval(secs => $1)
        group by queue, 1
        order by queue, 1
        limit 100000
        "#,
        since.as_secs_f64(),
    )
    .fetch_all(conn)
    .await
}

/// Forgets samples older than this; gives how many.
pub async fn drop_old_samples(conn: &mut PgConnection, age: Duration) -> Result<u64, sqlx::Error> {
    let dropped = sqlx::query!(
        "delete from queue_depths where at < (select app_now()) - make_interval(secs => $1)",
        age.as_secs_f64(),
    )
    .execute(conn)
    .await?;
    Ok(dropped.rows_affected())
}
