//! From a leased row to a handler and back to a settlement.

use std::{
    any::Any,
    collections::{BTreeSet, HashMap},
    panic::AssertUnwindSafe,
    sync::Arc,
    time::Duration,
};

use futures::{FutureExt, future::BoxFuture};
use jobboard_shared::{
    live::hints,
    queue::{Again, DeathReason, LeasedTask, Settlement, Task, backoff::delay_after},
};
use serde_json::Value;
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use crate::{Context, Lease, TaskError, TaskResult, task::describe};

/// How long an aborted handler gets to reach its next await, so that its
/// transaction is over before another worker may start the task.
const ABORT_PATIENCE: Duration = Duration::from_secs(2);

/// How long a handler may go on after its cancellation was requested.
const CANCEL_PATIENCE: Duration = Duration::from_secs(5);

/// An `async fn(Context, T, Lease) -> TaskResult`.
pub trait TaskHandler<T>: Send + Sync + 'static {
    fn run(&self, ctx: Context, task: T, lease: Lease) -> BoxFuture<'static, TaskResult>;
}

impl<T, F, Fut> TaskHandler<T> for F
where
    F: Fn(Context, T, Lease) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = TaskResult> + Send + 'static,
{
    fn run(&self, ctx: Context, task: T, lease: Lease) -> BoxFuture<'static, TaskResult> {
        Box::pin(self(ctx, task, lease))
    }
}

type Start = dyn Fn(Context, Value, Lease) -> Result<BoxFuture<'static, TaskResult>, serde_json::Error>
    + Send
    + Sync;

struct Entry {
    queue: &'static str,
    timeout: Duration,
    start: Box<Start>,
}

/// Kind -> handler.
#[derive(Default)]
pub struct Registry {
    entries: HashMap<&'static str, Entry>,
}

impl Registry {
    /// # Panics
    ///
    /// At start-up, if a kind is listed twice.
    pub fn on<T: Task>(mut self, handler: impl TaskHandler<T>) -> Self {
        let start = move |ctx: Context, args: Value, lease: Lease| {
            let task = T::deserialize(args)?;
            Ok(handler.run(ctx, task, lease))
        };
        let entry = Entry {
            queue: T::QUEUE,
            timeout: T::TIMEOUT,
            start: Box::new(start),
        };
        assert!(
            self.entries.insert(T::KIND, entry).is_none(),
            "two handlers for {}",
            T::KIND
        );
        self
    }

    /// The queues of all kinds.
    pub fn queues(&self) -> BTreeSet<&'static str> {
        self.entries.values().map(|entry| entry.queue).collect()
    }
}

/// How a run came to its end.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Ending {
    Settle(Settlement),
    /// Somebody else holds the task by now: there is nothing to say.
    Lost,
}

/// Why a run was cancelled is told by who cancels: [`Cancel::stop`] by a
/// shutdown, [`Cancel::lost`] by the heartbeat, [`Cancel::request`] by who wants
/// the task cancelled.
#[derive(Clone, Debug)]
pub(crate) struct Cancel {
    pub(crate) stop: CancellationToken,
    pub(crate) lost: CancellationToken,
    requested: CancellationToken,
    /// What the handler sees: any of them.
    run: CancellationToken,
}

impl Cancel {
    /// `stop` and everything cancelled with it.
    pub(crate) fn under(stop: &CancellationToken) -> Self {
        let lost = stop.child_token();
        Self {
            stop: stop.clone(),
            run: lost.child_token(),
            lost,
            requested: CancellationToken::new(),
        }
    }

    pub(crate) fn request(&self) {
        self.requested.cancel();
        self.run.cancel();
    }

    pub(crate) fn is_requested(&self) -> bool {
        self.requested.is_cancelled()
    }

    async fn out_of_patience(&self) {
        self.requested.cancelled().await;
        tokio::time::sleep(CANCEL_PATIENCE).await;
    }
}

/// Runs handlers, whatever they do.
#[derive(Clone)]
pub(crate) struct Dispatcher {
    ctx: Context,
    registry: Arc<Registry>,
}

impl Dispatcher {
    pub(crate) fn new(ctx: Context, registry: Arc<Registry>) -> Self {
        Self { ctx, registry }
    }

    /// Ends with the handler, its timeout, its panic, or its cancellation. The
    /// handler runs as a task of its own and is aborted if this future is
    /// dropped.
    pub(crate) async fn run(&self, mut task: LeasedTask, cancel: Cancel) -> Ending {
        if cancel.is_requested() {
            return Ending::Settle(cancelled(&task));
        }
        let lease = Lease::of(&task, cancel.run.clone());
        let Some(entry) = self.registry.entries.get(task.kind.as_str()) else {
            // A newer release may know it: leave it to that one for a while.
            let error = TaskError::retry(format!("no handler for {}", task.kind));
            return Ending::Settle(settlement(&task, Err(error)));
        };
        if task.too_late {
            return Ending::Settle(too_late(&task));
        }
        let args = task.args.take();
        let ctx = self.ctx.clone();
        let started =
            std::panic::catch_unwind(AssertUnwindSafe(|| (entry.start)(ctx, args, lease)));
        let future = match started {
            Ok(Ok(future)) => future,
            Ok(Err(error)) => return Ending::Settle(undecodable(&task, &error)),
            Err(panic) => {
                let error = TaskError::retry(panic_text(&*panic));
                return Ending::Settle(settlement(&task, Err(error)));
            }
        };
        let redis = self.ctx.redis.clone();
        let mut handle = AbortOnDropHandle::new(tokio::spawn(async move {
            hints::publishing(redis.as_deref(), future).await
        }));
        let result = tokio::select! {
            biased;
            joined = &mut handle => joined.unwrap_or_else(|error| {
                Err(TaskError::retry(match error.try_into_panic() {
                    Ok(panic) => panic_text(&*panic),
                    Err(error) => error.to_string(),
                }))
            }),
            () = cancel.lost.cancelled() => {
                abort(handle).await;
                if cancel.stop.is_cancelled() {
                    tracing::info!(task = %task.key.id, kind = task.kind, "task released");
                    return Ending::Settle(Settlement::Again {
                        delay: Duration::ZERO,
                        why: Again::Released,
                    });
                }
                tracing::warn!(task = %task.key.id, kind = task.kind, "lease lost, run aborted");
                return Ending::Lost;
            }
            () = cancel.out_of_patience() => {
                abort(handle).await;
                return Ending::Settle(cancelled(&task));
            }
            () = tokio::time::sleep(entry.timeout) => {
                abort(handle).await;
                Err(TaskError::retry(format!("timed out after {:?}", entry.timeout)))
            }
        };
        if cancel.is_requested() && result.is_err() {
            return Ending::Settle(cancelled(&task));
        }
        Ending::Settle(settlement(&task, result))
    }
}

async fn abort(handle: AbortOnDropHandle<TaskResult>) {
    handle.abort();
    // Over in time or not: the handle is dropped, the run is not waited for.
    let _ = tokio::time::timeout(ABORT_PATIENCE, handle.map(drop)).await;
}

fn undecodable(task: &LeasedTask, error: &serde_json::Error) -> Settlement {
    tracing::error!(task = %task.key.id, kind = task.kind, %error, "task dead: undecodable");
    Settlement::Dead {
        reason: DeathReason::Undecodable,
        error: error.to_string(),
    }
}

fn cancelled(task: &LeasedTask) -> Settlement {
    tracing::info!(task = %task.key.id, kind = task.kind, "task cancelled");
    Settlement::Cancelled
}

fn too_late(task: &LeasedTask) -> Settlement {
    tracing::warn!(task = %task.key.id, kind = task.kind, "task dead: past its deadline");
    Settlement::Dead {
        reason: DeathReason::Deadline,
        error: "not started before its deadline".to_owned(),
    }
}

pub(crate) fn settlement(task: &LeasedTask, result: TaskResult) -> Settlement {
    let (delay, error) = match result {
        Ok(()) => {
            tracing::debug!(task = %task.key.id, kind = task.kind, "task done");
            return Settlement::Done;
        }
        Err(TaskError::Snooze(delay)) => {
            tracing::debug!(task = %task.key.id, kind = task.kind, ?delay, "task snoozed");
            return Settlement::Again {
                delay,
                why: Again::Snoozed,
            };
        }
        Err(TaskError::GiveUp(error)) => {
            let error = describe(&*error);
            tracing::error!(task = %task.key.id, kind = task.kind, %error, "task dead: gave up");
            return Settlement::Dead {
                reason: DeathReason::GaveUp,
                error,
            };
        }
        Err(TaskError::Retry(error)) => (delay_after(task.attempt), describe(&*error)),
        Err(TaskError::RetryAfter { after, error }) => (after, describe(&*error)),
    };
    let (id, kind, attempt) = (task.key.id, &task.kind, task.attempt);
    if task.is_last_attempt() {
        tracing::error!(task = %id, kind, attempt, %error, "task dead: out of attempts");
        Settlement::Dead {
            reason: DeathReason::Attempts,
            error,
        }
    } else {
        tracing::warn!(task = %id, kind, attempt, %error, ?delay, "task failed");
        Settlement::Again {
            delay,
            why: Again::Failed { error },
        }
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let message = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("unknown payload");
    format!("panicked: {message}")
}
