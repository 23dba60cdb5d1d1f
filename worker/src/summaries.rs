//! Promises employers their weekly mail.

use jobboard_shared::summaries::{self, tasks::PromiseSummaries};

use crate::{Context, Lease, TaskResult};

/// One block in one transaction, which also enqueues the next.
pub(crate) async fn promise(ctx: Context, task: PromiseSummaries, _: Lease) -> TaskResult {
    let mut tx = ctx.db.begin().await?;
    let promised = summaries::promise(&mut tx, &task).await?;
    tx.commit().await?;
    tracing::debug!(week = %task.week, promised, "promised weekly summaries");
    Ok(())
}
