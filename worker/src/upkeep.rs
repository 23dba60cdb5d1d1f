//! The queue's own records.

use std::time::Duration;

use jobboard_shared::queue::{db, tasks::Upkeep};

use crate::{Context, Lease, TaskResult};

const DAY: Duration = Duration::from_secs(24 * 3600);
const PARTITIONS_AHEAD: i32 = 7;
const KEEP_FINISHED: Duration = DAY.saturating_mul(7);
const FORGET_WORKERS: Duration = Duration::from_secs(3600);
const KEEP_DEAD: Duration = DAY.saturating_mul(90);
const KEEP_MINUTES: Duration = DAY.saturating_mul(7);
const KEEP_DEPTHS: Duration = DAY.saturating_mul(7);

pub(crate) async fn upkeep(ctx: Context, _: Upkeep, _: Lease) -> TaskResult {
    let mut conn = ctx.db.acquire().await?;
    let made = db::make_partitions(&mut conn, PARTITIONS_AHEAD).await?;
    let dropped = db::drop_old_records(&mut conn, KEEP_FINISHED, KEEP_DEAD).await?;
    let batches = db::forget_batches(&mut conn, KEEP_DEAD).await?;
    let workers = db::forget_workers(&mut conn, FORGET_WORKERS).await?;
    db::drop_old_minutes(&mut conn, KEEP_MINUTES).await?;
    db::operate::drop_old_samples(&mut conn, KEEP_DEPTHS).await?;
    tracing::debug!(
        made,
        ?dropped,
        batches,
        workers,
        "finished tasks kept in bounds"
    );
    Ok(())
}
