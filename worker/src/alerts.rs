//! Matches new jobs with alerts, and tells what matched.

use std::time::Duration;

use jobboard_shared::{
    alerts::{
        db,
        delivery::{self, Told},
        matching,
        tasks::{Deliver, DeliverDue, ForgetOldDeliveries, MatchJob, ReadAnew},
    },
    queue,
};

use crate::{Context, Lease, TaskError, TaskResult};

pub(crate) async fn match_job(ctx: Context, task: MatchJob, _: Lease) -> TaskResult {
    let mut tx = ctx.db.begin().await?;
    let matched = matching::match_job(&mut tx, &task).await?;
    tx.commit().await?;
    tracing::debug!(job_id = %task.job_id, matched, "matched a job with alerts");
    Ok(())
}

const READ_AT_ONCE: i64 = 100;

/// One block in one transaction, which also enqueues the next.
pub(crate) async fn read_anew(ctx: Context, task: ReadAnew, _: Lease) -> TaskResult {
    let mut tx = ctx.db.begin().await?;
    if task.only_outdated && !db::outdated(&mut tx).await? {
        return Ok(());
    }
    let now = ctx.clock.now();
    let last = matching::read_anew(&mut tx, now, task.only_outdated, task.after, READ_AT_ONCE);
    if let Some(last) = last.await? {
        let next = ReadAnew {
            after: Some(last),
            ..task
        };
        queue::enqueue(&mut tx, &next).await?;
    }
    tx.commit().await?;
    Ok(())
}

pub(crate) async fn deliver_due(ctx: Context, _: DeliverDue, _: Lease) -> TaskResult {
    let mut tx = ctx.db.begin().await?;
    delivery::enqueue_due(&mut tx).await?;
    tx.commit().await?;
    Ok(())
}

const ACCOUNTS_AT_ONCE: i64 = 100;

/// Each account in a transaction of its own: one that cannot be told keeps no other
/// from it, and one with very much to be told holds nothing of others.
pub(crate) async fn deliver(ctx: Context, task: Deliver, lease: Lease) -> TaskResult {
    let (mut after, mut told, mut failed) = (None, 0, None);
    while !lease.cancelled.is_cancelled() {
        let mut conn = ctx.db.acquire().await?;
        let accounts = db::due_accounts(&mut conn, task.shard, after, ACCOUNTS_AT_ONCE).await?;
        drop(conn);
        let Some(last) = accounts.last() else { break };
        after = Some(*last);
        for user_id in accounts {
            let mut tx = ctx.db.begin().await?;
            match delivery::tell(&mut tx, user_id).await {
                Ok(what) => {
                    tx.commit().await?;
                    told += u32::from(what == Told::Told);
                }
                Err(error) => {
                    tracing::warn!(%user_id, %error, "an account could not be told of its alerts");
                    failed = Some(error);
                }
            }
        }
    }
    tracing::debug!(shard = task.shard, told, "told accounts of their alerts");
    failed.map_or(Ok(()), |error| Err(TaskError::from(error)))
}

/// Twice as long as mails are kept.
const KEPT: Duration = Duration::from_secs(180 * 24 * 3600);
const FORGOTTEN_AT_ONCE: i64 = 1_000;

pub(crate) async fn forget_old(ctx: Context, _: ForgetOldDeliveries, lease: Lease) -> TaskResult {
    let mut conn = ctx.db.acquire().await?;
    while !lease.cancelled.is_cancelled()
        && db::forget_old(&mut conn, KEPT, FORGOTTEN_AT_ONCE).await? == FORGOTTEN_AT_ONCE as u64
    {
    }
    Ok(())
}
