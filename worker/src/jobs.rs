//! The life cycle of jobs, where time moves it.

use jobboard_shared::jobs::{self, tasks::CloseExpired};

use crate::{Context, Lease, TaskResult};

/// One job a transaction: closing changes counters that other requests wait for,
/// and several of them in one transaction could wait for each other in a circle.
pub(crate) async fn close_expired(ctx: Context, _: CloseExpired, lease: Lease) -> TaskResult {
    let mut closed = 0_u64;
    while !lease.cancelled.is_cancelled() {
        let mut tx = ctx.db.begin().await?;
        let job = jobs::close_one_expired(&mut tx).await?;
        tx.commit().await?;
        if job.is_none() {
            break;
        }
        closed += 1;
    }
    tracing::debug!(closed, "closed expired jobs");
    Ok(())
}
