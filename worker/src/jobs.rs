//! What time does to jobs and to what is kept of looks at them.

use jobboard_shared::jobs::{
    self,
    tasks::{CloseExpired, ForgetAddresses, PublishDue},
};

use crate::{Context, Lease, TaskResult};

/// One job a transaction, as when closing.
pub(crate) async fn publish_due(ctx: Context, _: PublishDue, lease: Lease) -> TaskResult {
    let (mut published, mut waiting) = (0_u64, 0_u64);
    let mut last = None;
    while !lease.cancelled.is_cancelled() {
        let mut tx = ctx.db.begin().await?;
        let Some((due, done)) = jobs::publish_next_due(&mut tx, last).await? else {
            break;
        };
        if done {
            tx.commit().await?;
            published += 1;
        } else {
            tx.rollback().await?;
            waiting += 1;
        }
        last = Some(due);
    }
    tracing::debug!(published, waiting, "published scheduled jobs");
    Ok(())
}

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

pub(crate) async fn forget_addresses(ctx: Context, _: ForgetAddresses, _: Lease) -> TaskResult {
    const AT_ONCE: i64 = 1_000;
    let mut conn = ctx.db.acquire().await?;
    while jobs::forget_addresses(&mut conn, AT_ONCE).await? == AT_ONCE as u64 {}
    Ok(())
}
