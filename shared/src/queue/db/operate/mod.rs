//! Every statement of those who operate the queue. All of them are bounded,
//! whatever the backlog.

mod change;
mod controls;
mod depths;
mod fleet;
mod lists;
mod one;
mod rates;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

pub use change::{Changed, DeadFilter, Retried, dead_ids, discard, retry, run_now, wake};
pub use controls::{Limits, is_known, pause, resume, running, set_limits};
pub use depths::{
    DEPTH_RHYTHM, DepthSample, QueueDepth, drop_old_samples, queues, sample_depths, samples,
};
pub use fleet::{Batch, ScheduleLine, Worker, batches, schedule, workers};
pub use lists::{DeadKind, TaskCursor, TaskFilter, TaskLine, TaskState, dead_kinds, list};
pub use one::{TaskDetail, find, state_of};
pub use rates::{MinuteRate, Recent, minutes, recent};

/// Counts stop here: nobody acts on the difference between 10,000 and more.
pub const MOST_COUNTED: i64 = 10_000;

/// For a transaction that only looks. Plans are made for each statement's own
/// values and through indexes: a plan cached while the queue was empty would
/// read a backlog of a million whole. Nothing takes longer than five seconds.
pub async fn look_only(conn: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(
        "set transaction read only; set local statement_timeout = '5s';
         set local plan_cache_mode = force_custom_plan; set local enable_seqscan = off;
         set local enable_bitmapscan = off; set local enable_sort = off; set local jit = off",
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The time by which everything here counts.
pub async fn now(conn: &mut PgConnection) -> Result<DateTime<Utc>, sqlx::Error> {
    sqlx::query_scalar!(r#"select app_now() as "now!""#)
        .fetch_one(conn)
        .await
}
