//! Warns admins of what went wrong in the background.

use jobboard_shared::warnings::{self, tasks::WarnOfDeadTasks};

use crate::{Context, Lease, TaskResult};

pub(crate) async fn warn_of_dead_tasks(ctx: Context, _: WarnOfDeadTasks, _: Lease) -> TaskResult {
    let mut tx = ctx.db.begin().await?;
    warnings::warn_of_dead_tasks(&mut tx).await?;
    tx.commit().await?;
    Ok(())
}
