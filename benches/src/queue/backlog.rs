//! Fetching from a backlog of a million, on an otherwise idle machine and beside a
//! worker that drains it.

use std::time::{Duration, Instant};

use jobboard_shared::queue::{Settlement, db};
use sqlx::{Connection, PgConnection};

use super::{contender::Contender, figures::percentile};
use crate::Result;

const MOST_FETCHES: usize = 200;
const FETCHED: usize = 100;

/// Milliseconds that fetches took, their commits included.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fetches {
    pub(super) p50: f64,
    pub(super) p99: f64,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Backlog {
    pub(super) per_second: f64,
    /// Before the worker began.
    pub(super) alone: Fetches,
    /// While it drained at full speed.
    pub(super) beside: Fetches,
    /// MiB, when the worker had begun and at the end.
    pub(super) memory: (f64, f64),
}

/// Every other one is due in a day. What filling left to be written is written.
pub(super) async fn fill(url: &str, tasks: u64) -> Result<()> {
    let mut conn = PgConnection::connect(url).await?;
    sqlx::query(
        "insert into tasks (queue, kind, args, max_attempts, run_at, enqueued_at)
         select 'bench', 'bench.noop', jsonb_build_object('n', n), 10,
                app_now() + case when n % 2 = 0 then interval '1 day' else '0' end, app_now()
         from generate_series(1, $1::bigint) n",
    )
    .bind(i64::try_from(tasks)?)
    .execute(&mut conn)
    .await?;
    sqlx::raw_sql("vacuum analyze tasks")
        .execute(&mut conn)
        .await?;
    sqlx::raw_sql("checkpoint").execute(&mut conn).await?;
    Ok(conn.close().await?)
}

pub(super) async fn drain(ours: &Contender, url: &str, tasks: u64) -> Result<Backlog> {
    let times = (usize::try_from(tasks)? / 4 / FETCHED).min(MOST_FETCHES);
    let alone = fetch(url.to_owned(), times).await?;
    let mut crew = ours.work(1, false)?;
    let (_, (first, begin)) = crew.next().await?;
    let begin_memory = crew.memory();
    let fetches = tokio::spawn(fetch(url.to_owned(), times));
    let (mut count, mut at) = (first, begin);
    while count < tasks {
        (_, (count, at)) = crew.next().await?;
    }
    let memory = (begin_memory, crew.memory());
    crew.stop().await?;
    let beside = fetches.await??;
    let seconds = at.saturating_sub(begin) as f64 / 1e6;
    Ok(Backlog {
        per_second: count.saturating_sub(first) as f64 / seconds,
        alone,
        beside,
        memory,
    })
}

/// Leases, as a worker would, now and then.
async fn fetch(url: String, times: usize) -> Result<Fetches, sqlx::Error> {
    let mut conn = PgConnection::connect(&url).await?;
    db::prefer_indexes(&mut conn).await?;
    let mut took = Vec::new();
    let mut place = db::Place::START;
    for _ in 0..times {
        let begun = Instant::now();
        let lease = Duration::from_secs(60);
        let (leased, last) =
            db::lease_after(&mut conn, place, "bench", "bench", lease, FETCHED).await?;
        let Some(last) = last else { break };
        place = last;
        took.push(begun.elapsed().as_secs_f64() * 1e3);
        let ended: Vec<_> = leased
            .into_iter()
            .map(|task| (task.key, task.unique, Settlement::Done))
            .collect();
        db::settle(&mut conn, &ended).await?;
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    conn.close().await?;
    Ok(Fetches {
        p50: percentile(&took, 0.5),
        p99: percentile(&took, 0.99),
    })
}

/// Holds a snapshot of the table until it is dropped.
pub(super) async fn old_snapshot(url: &str) -> Result<PgConnection> {
    let mut conn = PgConnection::connect(url).await?;
    sqlx::raw_sql("begin isolation level repeatable read; select from tasks limit 1")
        .execute(&mut conn)
        .await?;
    Ok(conn)
}
