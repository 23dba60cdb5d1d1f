//! The task queue: transactional enqueue, leases, outcomes.
//!
//! Every task runs at least once; only the holder of its newest lease can
//! settle it. See `docs/adr/0001-queue-on-apalis-with-own-backend.md`.

pub mod backoff;
pub mod batches;
pub mod db;
pub mod histogram;
pub mod operate;
pub mod rate;
pub mod tasks;

use std::{borrow::Cow, fmt, time::Duration};

pub use batches::{create_batch, enqueue_in_batch};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use sqlx::PgConnection;

/// The channel on which a committed enqueue names its queue.
pub const CHANNEL: &str = "tasks";
/// The channel on which a committed request to cancel names a lease: id and
/// fence, a blank between them.
pub const CANCEL_CHANNEL: &str = "task_cancels";

/// A kind of background work and its arguments.
///
/// Arguments carry ids, never personal data: they outlive what they point to.
/// A handler finds the row gone and ends quietly, and running it twice is
/// harmless.
pub trait Task: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Stable, dotted: `search.refresh_jobs`. Rows in flight name it.
    const KIND: &'static str;
    const QUEUE: &'static str;
    /// Dead after so many counted leases, whatever ended them.
    const MAX_ATTEMPTS: i16 = 10;
    /// Lower runs first.
    const PRIORITY: i16 = 0;
    /// A run that takes longer is aborted and counts as a failure.
    const TIMEOUT: Duration = Duration::from_secs(60);
    /// Not started later than so long after it was due: dead then, with the
    /// reason `deadline`. A run that has started has its [`Self::TIMEOUT`]. Where
    /// two merge the later deadline holds, and none if one has none.
    const DEADLINE: Option<Duration> = None;

    /// At most one task of this kind and key is pending; another enqueue of it
    /// merges into that one, whose arguments stand. So equal keys must mean
    /// equal work.
    fn unique_key(&self) -> Option<String> {
        None
    }
}

/// Names a task, also after it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, sqlx::Type)]
#[sqlx(transparent)]
pub struct TaskId(pub i64);

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Names a group of tasks.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type,
)]
#[sqlx(transparent)]
pub struct BatchId(pub i64);

/// A task on its way into the queue, its type forgotten.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NewTask {
    pub queue: Cow<'static, str>,
    pub kind: Cow<'static, str>,
    pub args: Value,
    pub priority: i16,
    pub max_attempts: i16,
    pub unique_key: Option<String>,
    /// From the transaction's time on.
    #[serde(default)]
    pub delay: Duration,
    /// Counted from when it is due.
    pub deadline: Option<Duration>,
    pub batch: Option<BatchId>,
}

impl NewTask {
    /// Fails only where the arguments have no JSON form.
    pub fn of<T: Task>(task: &T) -> Result<Self, sqlx::Error> {
        Ok(Self {
            queue: T::QUEUE.into(),
            kind: T::KIND.into(),
            args: serde_json::to_value(task).map_err(|e| sqlx::Error::Encode(e.into()))?,
            priority: T::PRIORITY,
            max_attempts: T::MAX_ATTEMPTS,
            unique_key: task.unique_key(),
            delay: Duration::ZERO,
            deadline: T::DEADLINE,
            batch: None,
        })
    }

    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }
}

/// Enqueues in the caller's transaction: the task exists if and when that
/// commits.
///
/// Meeting a pending twin locks it until the transaction ends, so that no
/// worker takes it and reads what the transaction is about to change. Who
/// enqueues several unique tasks uses [`enqueue_many`], which takes the locks
/// in one order.
pub async fn enqueue<T: Task>(conn: &mut PgConnection, task: &T) -> Result<TaskId, sqlx::Error> {
    enqueue_in(conn, task, Duration::ZERO).await
}

/// Enqueues to run after a delay. A twin pending for earlier stays earlier, one
/// pending for later is brought forward.
pub async fn enqueue_in<T: Task>(
    conn: &mut PgConnection,
    task: &T,
    delay: Duration,
) -> Result<TaskId, sqlx::Error> {
    let new = NewTask::of(task)?.after(delay);
    let inserted = db::insert(conn, std::slice::from_ref(&new)).await?;
    let first = inserted.first().ok_or(sqlx::Error::RowNotFound)?;
    Ok(first.id)
}

/// Enqueues in one statement per [`db::INSERT_CHUNK`]; gives how many were new,
/// that is, not merged into pending twins.
pub async fn enqueue_many<T: Task>(
    conn: &mut PgConnection,
    tasks: &[T],
) -> Result<u64, sqlx::Error> {
    let new = tasks
        .iter()
        .map(NewTask::of)
        .collect::<Result<Vec<_>, _>>()?;
    insert_all(conn, new).await
}

/// Of one kind.
async fn insert_all(conn: &mut PgConnection, mut new: Vec<NewTask>) -> Result<u64, sqlx::Error> {
    // A stable sort: tasks without a key keep their order.
    new.sort_by(|a, b| a.unique_key.cmp(&b.unique_key));
    new.dedup_by(|later, first| first.unique_key.is_some() && later.unique_key == first.unique_key);
    let mut fresh = 0;
    for chunk in new.chunks(db::INSERT_CHUNK) {
        fresh += db::insert(conn, chunk)
            .await?
            .iter()
            .filter(|i| i.fresh)
            .count() as u64;
    }
    Ok(fresh)
}

/// Names one lease: who holds an older one of the same task changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LeaseKey {
    pub id: TaskId,
    pub fence: i64,
}

/// A task that this worker may run until its lease runs out.
#[derive(Clone, Debug)]
pub struct LeasedTask {
    pub key: LeaseKey,
    pub queue: String,
    pub kind: String,
    pub args: Value,
    pub priority: i16,
    /// Counts this run: 1 the first time.
    pub attempt: i16,
    pub max_attempts: i16,
    /// Whether it has a unique key, so that a newer twin may be pending.
    pub unique: bool,
    /// From when it was due to its lease.
    pub waited: Duration,
    /// It was leased after its deadline: not to be run.
    pub too_late: bool,
    pub batch: Option<BatchId>,
}

impl LeasedTask {
    /// What is needed to settle it.
    pub fn without_args(&self) -> Self {
        Self {
            key: self.key,
            queue: self.queue.clone(),
            kind: self.kind.clone(),
            args: Value::Null,
            priority: self.priority,
            attempt: self.attempt,
            max_attempts: self.max_attempts,
            unique: self.unique,
            waited: self.waited,
            too_late: self.too_late,
            batch: self.batch,
        }
    }

    pub fn is_last_attempt(&self) -> bool {
        self.attempt >= self.max_attempts
    }
}

/// How a lease ends.
#[derive(Clone, Debug, PartialEq)]
pub enum Settlement {
    Done,
    /// Pending again; merges into a pending twin.
    Again {
        delay: Duration,
        why: Again,
    },
    Dead {
        reason: DeathReason,
        error: String,
    },
    /// It was cancelled while it ran and has not finished its work.
    Cancelled,
}

/// Why a task is pending again.
#[derive(Clone, Debug, PartialEq)]
pub enum Again {
    /// It failed: the attempt counts.
    Failed { error: String },
    /// Its lease ran out, so its worker probably died: the attempt counts. The
    /// first time in a row nothing is held against the task, workers are killed
    /// all the time; after that it is a suspect.
    Lapsed { error: String, suspect: bool },
    /// It asked to come back: the attempt does not count.
    Snoozed,
    /// Its worker shuts down: the attempt does not count.
    Released,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeathReason {
    Attempts,
    GaveUp,
    Undecodable,
    Deadline,
}

impl DeathReason {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Attempts => "attempts",
            Self::GaveUp => "gave_up",
            Self::Undecodable => "undecodable",
            Self::Deadline => "deadline",
        }
    }
}
