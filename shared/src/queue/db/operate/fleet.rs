use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use sqlx::PgConnection;

use super::MOST_COUNTED;
use crate::{
    pagination::{Paging, Slice},
    queue::BatchId,
};

const MOST_WORKERS: i64 = 1_000;

/// A worker process.
#[derive(Clone, Debug, Serialize)]
pub struct Worker {
    pub id: String,
    pub host: String,
    pub pid: i32,
    pub version: String,
    /// `{"queue": slots}`
    pub queues: Value,
    pub running: i32,
    /// The oldest run that it holds a lease of; 0 where it holds none.
    pub oldest_run_seconds: f64,
    pub lease_seconds: f64,
    pub started_at: DateTime<Utc>,
    pub seen_at: DateTime<Utc>,
    pub seen_seconds_ago: f64,
    pub stopping: bool,
    /// It has given a sign of life within two leases' time.
    pub alive: bool,
}

impl Worker {
    /// Its slots by queue.
    pub fn slots(&self) -> BTreeMap<String, i64> {
        let queues = self.queues.as_object().into_iter().flatten();
        queues
            .map(|(queue, slots)| (queue.clone(), slots.as_i64().unwrap_or_default()))
            .collect()
    }
}

/// Those seen last first.
pub async fn workers(conn: &mut PgConnection) -> Result<Vec<Worker>, sqlx::Error> {
    sqlx::query_as!(
        Worker,
        r#"
        with clock as materialized (select app_now() as now),
        oldest as (
            select leased_by, min(started_at) as started_at
            from tasks where lease_until is not null group by leased_by
        )
        select w.id, w.host, w.pid, w.version, w.queues, w.running,
            coalesce(extract(epoch from clock.now - o.started_at)::float8, 0)
                as "oldest_run_seconds!",
            extract(epoch from w.lease)::float8 as "lease_seconds!",
            w.started_at, w.seen_at,
            extract(epoch from clock.now - w.seen_at)::float8 as "seen_seconds_ago!",
            w.stopping, is_alive(w) as "alive!"
        from clock, workers w
        left join oldest o on o.leased_by = w.id
        order by w.seen_at desc, w.id
        limit $1
        "#,
        MOST_WORKERS,
    )
    .fetch_all(conn)
    .await
}

/// A line of the schedule.
#[derive(Clone, Debug, Serialize)]
pub struct ScheduleLine {
    pub name: String,
    /// `every 60 s` or `cron 10 3 * * *`; `None` until a scheduler has said so.
    pub rhythm: Option<String>,
    /// `skip` or `catch up`.
    pub missed: Option<String>,
    pub last_tick: DateTime<Utc>,
    pub next_tick: Option<DateTime<Utc>>,
}

pub async fn schedule(conn: &mut PgConnection) -> Result<Vec<ScheduleLine>, sqlx::Error> {
    sqlx::query_as!(
        ScheduleLine,
        "select name, rhythm, missed, last_tick, next_tick from schedules
         order by name limit 1000"
    )
    .fetch_all(conn)
    .await
}

/// A group of tasks.
#[derive(Clone, Debug, Serialize)]
pub struct Batch {
    pub id: BatchId,
    pub name: String,
    pub total: i32,
    /// Tasks that wait or run; at most [`MOST_COUNTED`], like the next.
    pub remaining: i64,
    pub dead: i64,
    pub created_at: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
}

/// The newest first.
pub async fn batches(
    conn: &mut PgConnection,
    paging: &Paging<i64>,
) -> Result<Slice<Batch, i64>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Batch,
        r#"
        select b.id as "id: BatchId", b.name, b.total,
            (select count(*) from (
                select from tasks t where t.batch_id = b.id limit $3) x) as "remaining!",
            (select count(*) from (
                select from dead_tasks d where d.batch_id = b.id limit $3) x) as "dead!",
            b.created_at, b.ended_at
        from (
            select * from task_batches
            where $1::bigint is null or id < $1
            order by id desc limit $2
        ) b
        order by b.id desc
        "#,
        paging.cursor().copied(),
        paging.limit(),
        MOST_COUNTED,
    )
    .fetch_all(conn)
    .await?;
    Ok(Slice::cut(rows, paging.size, None, |batch| batch.id.0))
}
