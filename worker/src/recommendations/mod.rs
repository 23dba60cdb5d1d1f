//! Fitting models and writing recommendations, block by block.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use jobboard_shared::{
    notifications,
    queue::{self, NewTask},
    recommendations::{
        ModelHead, candidates, codec,
        collaborative::RandomWalk,
        db,
        engines::{self, TERMS_PER_JOB},
        fit,
        kernel::Index,
        lists::{self, Age},
        model::block_weights,
        ranking,
        tasks::{JobBlock, Plan, PruneExpired, RefreshUser, UserBlock},
    },
};
use tokio::task::spawn_blocking;
use uuid::Uuid;

use crate::{Context, Lease, TaskError, TaskResult};

/// Of more live jobs than these the newest take part.
const MOST_JOBS: i64 = 100_000;
const USERS_PER_BLOCK: i64 = 200;
const JOBS_PER_BLOCK: usize = 4_000;
const NEIGHBOURS_PER_JOB: usize = 24;
/// Users who were not here for longer get new lists when they change something.
const ACTIVE_WITHIN: TimeDelta = TimeDelta::days(30);
/// What people did longer ago says little about the jobs of today.
const DEEDS_WITHIN_DAYS: i32 = 180;
/// About 100 bytes of memory each while a model is fitted.
const MOST_DEEDS: i64 = 2_000_000;
/// What the report looks back to at most.
const FEEDBACK_DAYS: i32 = 90;
/// How late a new job may be in the lists of a batch.
const LAG: Duration = Duration::from_secs(15);
const EXPIRED_PER_CHUNK: i64 = 2_000;

/// Fits a model and, in the transaction that stores it, enqueues its blocks: a
/// batch, after which what has expired is pruned.
pub(crate) async fn plan(ctx: Context, task: Plan, lease: Lease) -> TaskResult {
    let mut conn = ctx.db.acquire().await?;
    if task.only_if_stale && !db::is_stale(&mut conn).await? {
        return Ok(());
    }
    let fitted_at = ctx.clock.now();
    let texts = db::live_job_texts(&mut conn, MOST_JOBS).await?;
    let deeds = db::deeds(&mut conn, DEEDS_WITHIN_DAYS, MOST_DEEDS).await?;
    drop(conn);
    let weights = block_weights(&ctx.config.recommendations);
    let version = Uuid::now_v7();
    let (model, content) = spawn_blocking(move || {
        let mut model = fit::fit(version, fitted_at, &texts, &weights, TERMS_PER_JOB);
        fit::learn_together(&mut model, &deeds, RandomWalk::default());
        let content = codec::encode(&model).map_err(TaskError::retry)?;
        Ok::<_, TaskError>((model, content))
    })
    .await
    .map_err(TaskError::retry)??;

    let mut tx = ctx.db.begin().await?;
    // It computed for long: one that stood still meanwhile must not enqueue the
    // blocks of another model beside those of a later run.
    lease.hold(&mut tx).await?;
    let head = ModelHead { version, fitted_at };
    db::store_model(&mut tx, head, model.jobs.len(), model.features(), &content).await?;
    let ends = db::active_user_blocks(&mut tx, active_since(&ctx), USERS_PER_BLOCK).await?;
    let users = user_blocks(version, &ends);
    let jobs = job_blocks(version, model.jobs.len());
    let prune = NewTask::of(&PruneExpired {})?;
    let batch = format!("recommendations {version}");
    let batch = queue::create_batch(&mut tx, &batch, Some(prune)).await?;
    queue::enqueue_in_batch(&mut tx, batch, &users).await?;
    queue::enqueue_in_batch(&mut tx, batch, &jobs).await?;
    tx.commit().await?;
    tracing::info!(
        %version,
        jobs = model.jobs.len(),
        terms = model.features(),
        bytes = content.len(),
        pairs_that_go_together = model.together.len(),
        user_blocks = users.len(),
        "recommendation model fitted"
    );
    Ok(())
}

fn active_since(ctx: &Context) -> DateTime<Utc> {
    ctx.clock.now() - ACTIVE_WITHIN
}

/// Blocks from the last id of each.
fn user_blocks(run: Uuid, ends: &[Uuid]) -> Vec<UserBlock> {
    let starts = std::iter::once(Uuid::nil()).chain(ends.iter().copied());
    starts
        .zip(ends)
        .map(|(after, &up_to)| UserBlock { run, after, up_to })
        .collect()
}

fn job_blocks(run: Uuid, jobs: usize) -> Vec<JobBlock> {
    (0..jobs)
        .step_by(JOBS_PER_BLOCK)
        .map(|from| JobBlock {
            run,
            from: from as u32,
            to: (from + JOBS_PER_BLOCK).min(jobs) as u32,
        })
        .collect()
}

/// The lists of one block of users, in one transaction.
pub(crate) async fn user_block(ctx: Context, task: UserBlock, lease: Lease) -> TaskResult {
    let Some(index) = index_of(&ctx, task.run, LAG).await? else {
        tracing::debug!(run = %task.run, "model gone: a newer run covers its users");
        return Ok(());
    };
    let mut conn = ctx.db.acquire().await?;
    let since = active_since(&ctx);
    let users = db::active_users_between(&mut conn, since, task.after, task.up_to).await?;
    drop(conn);
    // A range may hold more active users by now than it was cut for.
    for users in users.chunks(USERS_PER_BLOCK as usize) {
        write_lists(&ctx, &lease, index.clone(), users, Age::Lately).await?;
    }
    Ok(())
}

/// The terms and the list of one user, this from the newest model. Without a model, or when the board
/// has changed a lot, asks for a new one.
pub(crate) async fn refresh_user(ctx: Context, task: RefreshUser, lease: Lease) -> TaskResult {
    refresh_terms(&ctx, &lease, task.user_id).await?;
    let mut conn = ctx.db.acquire().await?;
    let head = db::latest_head(&mut conn).await?;
    if db::is_stale(&mut conn).await? {
        queue::enqueue(&mut conn, &Plan::if_stale()).await?;
    }
    drop(conn);
    let Some(head) = head else { return Ok(()) };
    let Some(index) = index_of(&ctx, head.version, Duration::ZERO).await? else {
        return Ok(());
    };
    write_lists(&ctx, &lease, index, &[task.user_id], Age::Now).await
}

/// Under what employers find them, if they may.
async fn refresh_terms(ctx: &Context, lease: &Lease, user_id: Uuid) -> TaskResult {
    let mut tx = ctx.db.begin().await?;
    lease.hold(&mut tx).await?;
    // Locked before it is read: two runs write what the profile says last.
    let may_be_found = db::lock_terms(&mut tx, user_id).await?;
    let profiles = db::profiles(&mut tx, &[user_id], 0).await?;
    let profile = profiles.first().filter(|_| may_be_found);
    let terms = profile.map(candidates::terms::of_profile);
    db::store_terms(&mut tx, user_id, &terms.unwrap_or_default()).await?;
    tx.commit().await?;
    Ok(())
}

/// The index of a model with every job of up to `lag` ago. `None` where the model is gone.
async fn index_of(
    ctx: &Context,
    version: Uuid,
    lag: Duration,
) -> Result<Option<Arc<Index>>, TaskError> {
    engines::index(&ctx.db, &ctx.config.recommendations, version, lag)
        .await
        .map_err(TaskError::retry)
}

async fn write_lists(
    ctx: &Context,
    lease: &Lease,
    index: Arc<Index>,
    user_ids: &[Uuid],
    age: Age,
) -> TaskResult {
    let length = ctx.config.recommendations.per_user;
    let rows = lists::compute(&ctx.db, &ctx.config, &index, user_ids, length, age)
        .await
        .map_err(TaskError::retry)?;

    let mut tx = ctx.db.begin().await?;
    // A run that stood still must not write over a later one.
    lease.hold(&mut tx).await?;
    let lifetime = ctx.config.recommendations.lifetime.as_secs_f64();
    let new = db::store(&mut tx, user_ids, &rows, lifetime).await?;
    notifications::tell_of_recommendations(&mut tx, &new).await?;
    tx.commit().await?;
    Ok(())
}

/// Jobs like each job of a block, in one transaction.
pub(crate) async fn job_block(ctx: Context, task: JobBlock, lease: Lease) -> TaskResult {
    let Some(index) = index_of(&ctx, task.run, LAG).await? else {
        return Ok(());
    };
    let stored =
        spawn_blocking(move || ranking::neighbours(&index, task.from, task.to, NEIGHBOURS_PER_JOB))
            .await
            .map_err(TaskError::retry)?;
    let mut tx = ctx.db.begin().await?;
    lease.hold(&mut tx).await?;
    db::store_neighbours(&mut tx, &stored).await?;
    tx.commit().await?;
    Ok(())
}

/// One chunk in one transaction, which also enqueues the next.
pub(crate) async fn prune_expired(ctx: Context, _: PruneExpired, _: Lease) -> TaskResult {
    let mut tx = ctx.db.begin().await?;
    let deleted = db::delete_expired(&mut tx, EXPIRED_PER_CHUNK).await?;
    let forgotten = db::forget_feedback(&mut tx, FEEDBACK_DAYS, EXPIRED_PER_CHUNK).await?;
    if deleted.max(forgotten) as i64 == EXPIRED_PER_CHUNK {
        queue::enqueue(&mut tx, &PruneExpired {}).await?;
    }
    tx.commit().await?;
    Ok(())
}
