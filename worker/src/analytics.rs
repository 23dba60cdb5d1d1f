//! Rolling up what happened on days that are over.

use jobboard_shared::{
    analytics::{self, tasks::RollUp},
    queue,
};

use crate::{Context, Lease, TaskResult};

/// One batch of days in one transaction; what is left over is the next task's.
pub(crate) async fn roll_up(ctx: Context, _: RollUp, _: Lease) -> TaskResult {
    let mut tx = ctx.db.begin().await?;
    if analytics::roll_up_missing(&mut tx).await? {
        queue::enqueue(&mut tx, &RollUp {}).await?;
    }
    tx.commit().await?;
    Ok(())
}
