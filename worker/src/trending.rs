//! Trending scores: counting what happened, and letting it fade.

use jobboard_shared::{
    queue,
    trending::{
        Weights, db,
        tasks::{ApplySignals, Decay},
    },
};

use crate::{Context, Lease, TaskResult};

const SIGNALS_PER_BATCH: i64 = 5_000;
const SCORES_PER_BATCH: i64 = 1_000;
/// A single view falls below it after a good 20 days of the default half-life.
const WORTH_KEEPING: f64 = 0.01;

/// One batch in one transaction; what is left over is the next task's.
pub(crate) async fn apply_signals(ctx: Context, _: ApplySignals, _: Lease) -> TaskResult {
    let weights = Weights::new(ctx.config.trending.half_life);
    let mut tx = ctx.db.begin().await?;
    let folded = db::fold_signals(&mut tx, SIGNALS_PER_BATCH, &weights).await?;
    if folded.signals as i64 == SIGNALS_PER_BATCH {
        queue::enqueue(&mut tx, &ApplySignals {}).await?;
    }
    tx.commit().await?;
    if folded.signals > 0 {
        tracing::debug!(
            signals = folded.signals,
            jobs = folded.jobs,
            "signals counted"
        );
    }
    Ok(())
}

/// One batch in one transaction, which also enqueues the next.
pub(crate) async fn decay(ctx: Context, task: Decay, _: Lease) -> TaskResult {
    let half_life = ctx.config.trending.half_life;
    let mut tx = ctx.db.begin().await?;
    let decayed = db::decay(
        &mut tx,
        task.after,
        SCORES_PER_BATCH,
        half_life,
        WORTH_KEEPING,
    )
    .await?;
    if let Some(last) = decayed.last {
        queue::enqueue(&mut tx, &Decay { after: Some(last) }).await?;
    }
    tx.commit().await?;
    Ok(())
}
