//! Tasks with an effect each, and the processes that run them.

use std::time::Duration;

use clap::Args;
use jobboard_shared::{queue::Task, startup};
use jobboard_worker::{
    Context, Lease, TaskError, TaskResult, run_with,
    runtime::{Registry, Schedule},
};
use serde::{Deserialize, Serialize};

use crate::{Result, fleet};

/// What the handlers write to, beside the product's tables.
pub(super) const TABLES: &str = "
    create table enqueued (first int primary key, tasks int not null);
    create table effects (n int primary key);
    -- Adds up what no constraint keeps from being counted twice.
    create table counted (bucket int primary key, total bigint not null);
    insert into counted select bucket, 0 from generate_series(0, 63) bucket;
    -- Every start of a handler, so that repeats can be told.
    create table runs (n int not null)";

/// One in so many has a unique key; one in so many fails the first time.
const KEYED: u32 = 5;
const FAILING: u32 = 50;

#[derive(Debug, Args)]
pub(crate) struct WorkerOptions {
    #[arg(long, env = "BENCH_URL")]
    url: String,
    #[arg(long)]
    slots: usize,
    #[arg(long)]
    lease_ms: u64,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Effect {
    pub(super) n: u32,
}

impl Task for Effect {
    const KIND: &'static str = "bench.effect";
    const QUEUE: &'static str = "bench";

    fn unique_key(&self) -> Option<String> {
        self.n
            .is_multiple_of(KEYED)
            .then(|| format!("effect {}", self.n))
    }
}

/// Idempotent as handlers should be: the effect names what it is of.
async fn effect(ctx: Context, task: Effect, lease: Lease) -> TaskResult {
    let n = i32::try_from(task.n).map_err(TaskError::give_up)?;
    sqlx::query("insert into runs values ($1)")
        .bind(n)
        .execute(&ctx.db)
        .await?;
    if lease.attempt == 1 && task.n.is_multiple_of(FAILING) {
        let soon = Duration::from_secs(1);
        return Err(TaskError::retry_after(soon, "the first time fails"));
    }
    let mut tx = ctx.db.begin().await?;
    let first = sqlx::query("insert into effects values ($1) on conflict do nothing")
        .bind(n)
        .execute(&mut *tx)
        .await?;
    if first.rows_affected() == 1 {
        sqlx::query("update counted set total = total + 1 where bucket = $1 % 64")
            .bind(n)
            .execute(&mut *tx)
            .await?;
    }
    tx.commit().await?;
    Ok(())
}

/// A worker process, until SIGTERM.
pub(crate) async fn work(options: WorkerOptions) -> Result<()> {
    let stop = startup::stop_on_signals(|| {}).map_err(|error| error.to_string())?;
    let connections = u32::try_from(options.slots)?;
    let lease = Duration::from_millis(options.lease_ms);
    let context = fleet::context(
        &options.url,
        Effect::QUEUE,
        options.slots,
        connections,
        |config| config.worker.lease = lease,
    )
    .await?;
    let registry = Registry::default().on::<Effect>(effect);
    Ok(run_with(context, registry, Schedule::default(), stop).await?)
}
