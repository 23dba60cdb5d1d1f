use sqlx::PgConnection;

/// Of each of these queues, what a due task is expected to run, in seconds: the
/// mean of its kind within the last hour, over the kinds of up to 1,000 due tasks
/// of each priority. A kind that has not run counts with the mean of its queue,
/// else with a second.
pub async fn expected_run_seconds(
    conn: &mut PgConnection,
    queues: &[String],
) -> Result<Vec<(String, f64)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"
        with recursive clock as materialized (select app_now() as now),
        ranges as (
            select q.queue, first.priority
            from unnest($1::text[]) as q(queue)
            cross join lateral (
                select t.priority from tasks t
                where t.queue = q.queue and t.lease_until is null and t.lapses = 0
                order by t.priority limit 1
            ) first
            union all
            select r.queue, next.priority
            from ranges r
            cross join lateral (
                select t.priority from tasks t
                where t.queue = r.queue and t.lease_until is null and t.lapses = 0
                  and t.priority > r.priority
                order by t.priority limit 1
            ) next
        ),
        due as (
            select r.queue, d.kind, count(*) as n
            from (select queue, priority from ranges limit 1000) r
            cross join lateral (
                select t.kind from tasks t
                where t.queue = r.queue and t.priority = r.priority
                  and t.lease_until is null and t.lapses = 0
                  and t.run_at <= (select now from clock)
                order by t.run_at limit 1000
            ) d
            group by r.queue, d.kind
        ),
        ran as materialized (
            select queue, kind, sum(run_seconds) as seconds,
                sum(done + failed + dead + other) as runs
            from task_minutes
            where minute > (select now from clock) - interval '1 hour'
            group by queue, kind
        ),
        of_queue as (
            select queue, sum(seconds) / nullif(sum(runs), 0)::float8 as mean
            from ran group by queue
        )
        select due.queue as "queue!",
            (sum(due.n * coalesce(ran.seconds / nullif(ran.runs, 0)::float8, of_queue.mean, 1))
                / sum(due.n))::float8 as "seconds!"
        from due
        left join ran using (queue, kind)
        left join of_queue using (queue)
        group by due.queue
        "#,
        queues,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.queue, row.seconds))
        .collect())
}

/// How long the oldest due task of a queue has waited.
#[derive(Clone, Debug)]
pub struct OldestDue {
    pub queue: String,
    pub seconds: f64,
    /// An operator keeps the queue from starting tasks.
    pub paused: bool,
}

/// Of each queue with due tasks, by name. Looks at one task per queue and
/// priority, and at the suspects.
pub async fn oldest_due(conn: &mut PgConnection) -> Result<Vec<OldestDue>, sqlx::Error> {
    sqlx::query_as!(
        OldestDue,
        r#"
        with recursive clock as materialized (select app_now() as now),
        firsts as (
            (select queue, priority, run_at from tasks
             where lease_until is null and lapses = 0
             order by queue, priority, run_at limit 1)
            union all
            select next.queue, next.priority, next.run_at
            from firsts f
            cross join lateral (
                select t.queue, t.priority, t.run_at from tasks t
                where t.lease_until is null and t.lapses = 0
                  and (t.queue, t.priority) > (f.queue, f.priority)
                order by t.queue, t.priority, t.run_at limit 1
            ) next
        ),
        suspects as (
            select queue, run_at from tasks
            where lease_until is null and lapses > 0 limit 10000
        ),
        oldest as (
            select queue, min(run_at) as run_at
            from (select queue, run_at from (select * from firsts limit 10000) f
                  union all select queue, run_at from suspects) due
            where run_at <= (select now from clock)
            group by queue
        )
        select o.queue as "queue!",
            extract(epoch from (select now from clock) - o.run_at)::float8 as "seconds!",
            c.paused_at is not null as "paused!"
        from oldest o left join queue_controls c using (queue)
        order by o.queue
        "#,
    )
    .fetch_all(conn)
    .await
}
