//! What time does to jobs and to what is kept of looks at them.

use jobboard_shared::jobs::{
    self,
    tasks::{CloseExpired, ForgetAddresses},
};

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

pub(crate) async fn forget_addresses(ctx: Context, _: ForgetAddresses, _: Lease) -> TaskResult {
    const AT_ONCE: i64 = 1_000;
    let mut conn = ctx.db.acquire().await?;
    while jobs::forget_addresses(&mut conn, AT_ONCE).await? == AT_ONCE as u64 {}
    Ok(())
}
