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
    let conn = &mut *conn;
    // All of them are tried: somebody who reads one table for long must not keep
    // the others from being bounded.
    let tried = [
        db::make_partitions(conn, PARTITIONS_AHEAD).await.map(drop),
        db::drop_old_partitions(conn, KEEP_FINISHED).await.map(drop),
        db::drop_old_dead(conn, KEEP_DEAD).await.map(drop),
        db::forget_batches(conn, KEEP_DEAD).await.map(drop),
        db::forget_workers(conn, FORGET_WORKERS).await.map(drop),
        db::drop_old_minutes(conn, KEEP_MINUTES).await.map(drop),
        db::operate::drop_old_samples(conn, KEEP_DEPTHS)
            .await
            .map(drop),
    ];
    tried.into_iter().collect::<Result<(), _>>()?;
    Ok(())
}
