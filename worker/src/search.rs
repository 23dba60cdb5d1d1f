//! Keeps the search documents in step with the jobs.

use jobboard_shared::{
    Error, alerts,
    database::{is_refusal, waited_in_vain},
    queue,
    search::{
        self, db,
        tasks::{
            BATCH, BuildVocabulary, CheckDocuments, ForgetSearches, RECHECK_AFTER, RebuildOutdated,
            RecheckJobs, RefreshJobs, RefreshScope, RemoveExpired, Scope, enqueue_refresh,
        },
        vocabulary,
    },
};
use sqlx::{Acquire, PgTransaction};
use tokio::task::spawn_blocking;
use uuid::Uuid;

use crate::{Context, Lease, TaskError, TaskResult};

pub async fn refresh_jobs(ctx: Context, task: RefreshJobs, _: Lease) -> TaskResult {
    let mut tx = ctx.db.begin().await?;
    refresh_or_part(&mut tx, &task.job_ids).await?;
    tx.commit().await?;
    Ok(())
}

/// One batch of a scope; the next is enqueued with its effect.
pub async fn refresh_scope(ctx: Context, task: RefreshScope, _: Lease) -> TaskResult {
    let mut tx = ctx.db.begin().await?;
    let job_ids = db::jobs_of_scope(&mut tx, task.scope, task.after, BATCH).await?;
    refresh_or_part(&mut tx, &job_ids).await?;
    if job_ids.len() == BATCH {
        let next = RefreshScope {
            scope: task.scope,
            after: job_ids.last().copied(),
            done: task.done + job_ids.len() as u64,
            layout: task.layout.min(search::LAYOUT),
        };
        queue::enqueue(&mut tx, &next).await?;
    } else if task.scope == Scope::All {
        db::set_layout(&mut tx, task.layout.min(search::LAYOUT)).await?;
    }
    tx.commit().await?;
    Ok(())
}

pub async fn rebuild_outdated(ctx: Context, _: RebuildOutdated, _: Lease) -> TaskResult {
    let mut tx = ctx.db.begin().await?;
    if search::rebuild_if_outdated(&mut tx).await? {
        tracing::info!("writing all search documents anew, as this release has them");
    }
    let current = search::is_current(&mut tx).await?;
    tx.commit().await?;
    if current {
        drop_title_index(&ctx).await?;
    }
    Ok(())
}

/// No document needs it once all are of this release.
async fn drop_title_index(ctx: &Context) -> TaskResult {
    let mut tx = ctx.db.begin().await?;
    match db::drop_title_index(&mut tx).await {
        Ok(true) => {
            tx.commit().await?;
            tracing::info!("dropped the index of titles, which nothing reads any more");
        }
        Ok(false) => {}
        Err(error) if waited_in_vain(&error) => {
            tracing::debug!("the index of titles is in use; the next task drops it");
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// Refreshes jobs together. Where the database refuses what they would write,
/// each gets a task of its own instead, so that one bad job keeps no other out
/// of search.
async fn refresh_or_part(tx: &mut PgTransaction<'_>, job_ids: &[Uuid]) -> TaskResult {
    let mut together = tx.begin().await?;
    match search::refresh(&mut together, job_ids).await {
        Ok(refreshed) => {
            alerts::matching::enqueue_new(&mut together, &refreshed.new).await?;
            together.commit().await?;
            tracing::debug!(
                jobs = job_ids.len(),
                written = refreshed.written,
                removed = refreshed.removed,
                "refreshed search documents"
            );
            Ok(())
        }
        Err(Error::Database(error)) if job_ids.len() > 1 && is_refusal(&error) => {
            together.rollback().await?;
            tracing::warn!(jobs = job_ids.len(), %error, "refused together, refreshing one by one");
            let each: Vec<_> = job_ids
                .iter()
                .map(|id| RefreshJobs { job_ids: vec![*id] })
                .collect();
            queue::enqueue_many(tx, &each).await?;
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

/// One batch of all documents; the next is enqueued with what it found.
pub async fn check_documents(ctx: Context, task: CheckDocuments, _: Lease) -> TaskResult {
    let mut tx = ctx.db.begin().await?;
    let job_ids = db::jobs_of_scope(&mut tx, Scope::All, task.after, BATCH).await?;
    let differing = search::differing(&mut tx, &job_ids).await?;
    if !differing.is_empty() {
        let again = RecheckJobs { job_ids: differing };
        queue::enqueue_in(&mut tx, &again, RECHECK_AFTER).await?;
    }
    let done = task.done + job_ids.len() as u64;
    if job_ids.len() == BATCH {
        let after = job_ids.last().copied();
        queue::enqueue(&mut tx, &CheckDocuments { after, done }).await?;
    } else {
        tracing::info!(jobs = done, "compared search documents with their jobs");
    }
    tx.commit().await?;
    Ok(())
}

pub async fn recheck_jobs(ctx: Context, task: RecheckJobs, _: Lease) -> TaskResult {
    let mut tx = ctx.db.begin().await?;
    let differing = search::differing(&mut tx, &task.job_ids).await?;
    if !differing.is_empty() {
        tracing::warn!(
            count = differing.len(),
            first = ?differing.first(),
            "search documents differed from their jobs"
        );
        enqueue_refresh(&mut tx, &differing).await?;
    }
    tx.commit().await?;
    Ok(())
}

pub async fn build_vocabulary(ctx: Context, task: BuildVocabulary, _: Lease) -> TaskResult {
    if task.only_if_due && !vocabulary::is_due(&ctx.db).await? {
        return Ok(());
    }
    let gathered = vocabulary::gather(&ctx.db).await?;
    let jobs = gathered.jobs;
    let counted = spawn_blocking(move || gathered.count())
        .await
        .map_err(TaskError::retry)?;
    let changed = vocabulary::write(&ctx.db, &counted).await?;
    tracing::info!(jobs, changed, "built the words and names of live jobs");
    Ok(())
}

pub async fn forget_searches(ctx: Context, _: ForgetSearches, _: Lease) -> TaskResult {
    const AT_ONCE: i64 = 5_000;
    loop {
        let mut conn = ctx.db.acquire().await?;
        if db::log::forget_old(&mut conn, AT_ONCE).await? == 0 {
            return Ok(());
        }
    }
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
