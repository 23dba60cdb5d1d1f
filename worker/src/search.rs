//! Keeps the search documents in step with the jobs.

use jobboard_shared::{
    queue,
    search::{
        self, db,
        tasks::{BATCH, RefreshJobs, RefreshScope, RemoveExpired},
    },
};

use crate::{Context, Lease, TaskResult};

pub async fn refresh_jobs(ctx: Context, task: RefreshJobs, _: Lease) -> TaskResult {
    let mut tx = ctx.db.begin().await?;
    let refreshed = search::refresh(&mut tx, &task.job_ids).await?;
    tx.commit().await?;
    tracing::debug!(
        jobs = task.job_ids.len(),
        written = refreshed.written,
        removed = refreshed.removed,
        "refreshed search documents"
    );
    Ok(())
}

/// One batch of a scope; the next is enqueued with its effect.
pub async fn refresh_scope(ctx: Context, task: RefreshScope, _: Lease) -> TaskResult {
    let mut tx = ctx.db.begin().await?;
    let job_ids = db::jobs_of_scope(&mut tx, task.scope, task.after, BATCH).await?;
    search::refresh(&mut tx, &job_ids).await?;
    if job_ids.len() == BATCH {
        let next = RefreshScope {
            scope: task.scope,
            after: job_ids.last().copied(),
        };
        queue::enqueue(&mut tx, &next).await?;
    }
    tx.commit().await?;
    Ok(())
}

pub async fn remove_expired(ctx: Context, _: RemoveExpired, _: Lease) -> TaskResult {
    const AT_ONCE: u64 = 1_000;
    loop {
        let mut conn = ctx.db.acquire().await?;
        if db::remove_expired(&mut conn, AT_ONCE).await? < AT_ONCE {
            return Ok(());
        }
    }
}
