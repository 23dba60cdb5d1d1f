//! Running tasks inline, for tests.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use jobboard_shared::queue::{Again, LeasedTask, Settlement, TaskId, db};
use tokio_util::sync::CancellationToken;

use crate::{
    Context,
    registry::registry,
    runtime::{Cancel, Dispatcher, Ending, Registry},
};

const LEASE: Duration = Duration::from_secs(300);
/// A task that enqueues itself for ever must not hang its test.
const MOST_RUNS: u64 = 100_000;

/// What a [`drain`] ran.
#[derive(Clone, Debug, Default)]
pub struct DrainReport {
    pub done: u64,
    pub snoozed: u64,
    pub cancelled: u64,
    /// Runs that failed, whether they will be tried again or not.
    pub failures: Vec<Failure>,
}

impl DrainReport {
    pub fn runs(&self) -> u64 {
        self.done + self.snoozed + self.cancelled + self.failures.len() as u64
    }
}

/// A run that failed.
#[derive(Clone, Debug)]
pub struct Failure {
    pub id: TaskId,
    pub kind: String,
    pub error: String,
    pub dead: bool,
}

/// Runs every task that is due, one at a time, through the same dispatcher as
/// the fleet, until none is due.
pub async fn drain(ctx: &Context) -> Result<DrainReport, sqlx::Error> {
    drain_with(ctx, Arc::new(registry())).await
}

/// [`drain`] with handlers of one's own.
pub async fn drain_with(
    ctx: &Context,
    registry: Arc<Registry>,
) -> Result<DrainReport, sqlx::Error> {
    let queues: BTreeSet<String> = registry
        .queues()
        .into_iter()
        .map(str::to_owned)
        .chain(ctx.config.worker.queues.keys().cloned())
        .collect();
    let all: Vec<String> = queues.iter().cloned().collect();
    let dispatcher = Dispatcher::new(ctx.clone(), registry);
    let never = CancellationToken::new();
    let mut report = DrainReport::default();
    let mut conn = ctx.db.acquire().await?;
    db::rescue(&mut conn, &all).await?;
    loop {
        let before = report.runs();
        for queue in &queues {
            let mut tasks = db::lease(&mut conn, queue, "drain", LEASE, 1).await?;
            if tasks.is_empty() {
                tasks.extend(db::lease_suspect(&mut conn, queue, "drain", LEASE).await?);
            }
            if tasks.is_empty()
                && db::is_limited(&mut conn, queue).await?
                && let Some(leased) =
                    db::lease_limited(&mut conn, queue, "drain", LEASE, 1, true).await?
            {
                tasks.extend(leased.suspect.into_iter().chain(leased.tasks));
            }
            for task in tasks {
                let ending = dispatcher.run(task.clone(), Cancel::under(&never)).await;
                if let Ending::Settle(settlement) = ending {
                    let ended = [(task.key, task.unique, settlement)];
                    db::settle(&mut conn, &ended).await?;
                    if let Some(batch) = task.batch {
                        db::end_batches(&mut conn, &[batch]).await?;
                    }
                    let [(.., settlement)] = ended;
                    report.add(task, settlement);
                }
            }
        }
        let idle = report.runs() == before && db::sweep_batches(&mut conn).await?.is_empty();
        if idle || report.runs() > MOST_RUNS {
            return Ok(report);
        }
    }
}

impl DrainReport {
    fn add(&mut self, task: LeasedTask, settlement: Settlement) {
        let (error, dead) = match settlement {
            Settlement::Done => {
                self.done += 1;
                return;
            }
            Settlement::Again {
                why: Again::Failed { error } | Again::Lapsed { error, .. },
                ..
            } => (error, false),
            Settlement::Again {
                why: Again::Snoozed | Again::Released,
                ..
            } => {
                self.snoozed += 1;
                return;
            }
            Settlement::Dead { error, .. } => (error, true),
            Settlement::Cancelled => {
                self.cancelled += 1;
                return;
            }
        };
        self.failures.push(Failure {
            id: task.key.id,
            kind: task.kind,
            error,
            dead,
        });
    }
}
