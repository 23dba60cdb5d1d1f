use chrono::{DateTime, Utc};
use jobboard_shared::queue::{
    db::operate::{DeadFilter, TaskDetail, TaskLine, TaskState},
    operate::Bulk,
};
use poem_openapi::{Enum, Object};
use serde_json::Value;

/// Where a task stands: it waits; waits after a lease that ran out; runs; is dead
/// until somebody retries it; is finished; was stopped by an operator; was given
/// up by one after it had died.
#[derive(Clone, Copy, Debug, Enum)]
#[oai(rename = "TaskState", rename_all = "snake_case", remote = "TaskState")]
pub(in crate::admin::tasks) enum State {
    Pending,
    Suspect,
    Running,
    Dead,
    Finished,
    Cancelled,
    Discarded,
}

/// A task. What its state does not know is null
#[derive(Debug, Object)]
#[oai(rename = "Task")]
pub(in crate::admin::tasks) struct TaskView {
    id: i64,
    queue: String,
    kind: String,
    /// Lower runs first
    priority: Option<i16>,
    attempt: i16,
    max_attempts: Option<i16>,
    enqueued_at: DateTime<Utc>,
    run_at: Option<DateTime<Utc>>,
    started_at: Option<DateTime<Utc>>,
    ended_at: Option<DateTime<Utc>>,
    /// Who runs or ran it
    worker: Option<String>,
    /// Why it is dead: `attempts`, `gave_up`, `undecodable` or `deadline`
    reason: Option<String>,
    last_error: Option<String>,
    batch: Option<i64>,
}

impl From<TaskLine> for TaskView {
    fn from(task: TaskLine) -> Self {
        Self {
            id: task.id.0,
            queue: task.queue,
            kind: task.kind,
            priority: task.priority,
            attempt: task.attempt,
            max_attempts: task.max_attempts,
            enqueued_at: task.enqueued_at,
            run_at: task.run_at,
            started_at: task.started_at,
            ended_at: task.ended_at,
            worker: task.worker,
            reason: task.reason,
            last_error: task.last_error,
            batch: task.batch.map(|batch| batch.0),
        }
    }
}

/// All that is known of a task. What its state does not know is null
#[derive(Debug, Object)]
#[oai(rename = "TaskDetail")]
pub(in crate::admin::tasks) struct TaskDetailView {
    id: i64,
    state: State,
    queue: String,
    kind: String,
    /// Ids of what it is about
    args: Value,
    /// Lower runs first
    priority: Option<i16>,
    attempt: i16,
    max_attempts: Option<i16>,
    /// At most one task of the kind and this key is pending
    unique_key: Option<String>,
    enqueued_at: DateTime<Utc>,
    run_at: Option<DateTime<Utc>>,
    /// Not started after this
    deadline: Option<DateTime<Utc>>,
    started_at: Option<DateTime<Utc>>,
    /// Another worker takes it over if its own says nothing until then
    lease_until: Option<DateTime<Utc>>,
    cancel_requested_at: Option<DateTime<Utc>>,
    ended_at: Option<DateTime<Utc>>,
    /// Who runs or ran it
    worker: Option<String>,
    /// Why it is dead: `attempts`, `gave_up`, `undecodable` or `deadline`
    reason: Option<String>,
    batch: Option<i64>,
    /// The last ten failures, oldest first: `at`, `attempt`, `worker`, `error`
    errors: Value,
}

impl From<TaskDetail> for TaskDetailView {
    fn from(task: TaskDetail) -> Self {
        Self {
            id: task.id.0,
            state: task.state.into(),
            queue: task.queue,
            kind: task.kind,
            args: task.args,
            priority: task.priority,
            attempt: task.attempt,
            max_attempts: task.max_attempts,
            unique_key: task.unique_key,
            enqueued_at: task.enqueued_at,
            run_at: task.run_at,
            deadline: task.deadline,
            started_at: task.started_at,
            lease_until: task.lease_until,
            cancel_requested_at: task.cancel_requested_at,
            ended_at: task.ended_at,
            worker: task.worker,
            reason: task.reason,
            batch: task.batch.map(|batch| batch.0),
            errors: task.errors,
        }
    }
}

/// Which of the dead tasks; all of them where nothing is said
#[derive(Debug, Object)]
pub(in crate::admin::tasks) struct DeadTasks {
    #[oai(validator(max_length = 100))]
    queue: Option<String>,
    #[oai(validator(max_length = 100))]
    kind: Option<String>,
    reason: Option<DeathReason>,
    /// Those that died before this: keeps a caller who goes on until none is left
    /// from retrying what dies again meanwhile
    died_before: Option<DateTime<Utc>>,
}

/// Why a task is dead: no attempt was left; its handler gave up; nobody can read
/// its arguments; it was too late
#[derive(Clone, Copy, Debug, Enum)]
#[oai(rename_all = "snake_case")]
enum DeathReason {
    Attempts,
    GaveUp,
    Undecodable,
    Deadline,
}

impl From<DeadTasks> for DeadFilter {
    fn from(tasks: DeadTasks) -> Self {
        let reason = tasks.reason.map(|reason| match reason {
            DeathReason::Attempts => "attempts",
            DeathReason::GaveUp => "gave_up",
            DeathReason::Undecodable => "undecodable",
            DeathReason::Deadline => "deadline",
        });
        Self {
            queue: tasks.queue,
            kind: tasks.kind,
            reason: reason.map(str::to_owned),
            died_before: tasks.died_before,
        }
    }
}

/// The tasks that were changed
#[derive(Debug, Object)]
pub(in crate::admin::tasks) struct ChangedTasks {
    ids: Vec<i64>,
    /// Tasks that fit and were left for the next call; at most 10,000 are counted
    left: i64,
}

impl From<Bulk> for ChangedTasks {
    fn from(bulk: Bulk) -> Self {
        Self {
            ids: bulk.ids.into_iter().map(|id| id.0).collect(),
            left: bulk.left,
        }
    }
}
