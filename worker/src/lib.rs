//! The fleet: takes tasks from the queue and runs their handlers.

mod alerts;
mod alone;
mod analytics;
mod auth;
mod context;
mod drain;
mod idempotency;
mod imports;
mod jobs;
pub mod mail;
mod messages;
mod notifications;
pub mod operate;
mod recommendations;
pub mod registry;
pub mod runtime;
pub mod schedule;
pub mod search;
mod summaries;
mod task;
mod trending;
mod upkeep;
mod warnings;

use tokio_util::sync::CancellationToken;

pub use alone::{run_alone, run_alone_with};
pub use context::Context;
pub use drain::{DrainReport, Failure, drain, drain_with};
pub use runtime::{RunError, run_with};
pub use task::{Lease, TaskError, TaskResult};

/// Runs the queues of the configuration, with every handler and the whole
/// schedule, until `shutdown`; see [`run_with`].
pub async fn run(ctx: Context, shutdown: CancellationToken) -> Result<(), RunError> {
    let _counting = mail::start_counting(&ctx);
    run_with(ctx, registry::registry(), schedule::schedule(), shutdown).await
}

/// Enqueues what the schedule says is due by now, as every fleet does once a
/// second; gives how many tasks.
pub async fn tick(ctx: &Context) -> Result<u64, sqlx::Error> {
    let mut conn = ctx.db.acquire().await?;
    runtime::tick(&mut conn, &schedule::schedule()).await
}
