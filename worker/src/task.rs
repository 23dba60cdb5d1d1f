//! What a handler gets and gives.

use std::{error::Error, time::Duration};

use jobboard_shared::queue::{self, BatchId, LeaseKey, LeasedTask, Task, TaskId, db};
use sqlx::PgConnection;
use tokio_util::sync::CancellationToken;

type BoxError = Box<dyn Error + Send + Sync>;

pub type TaskResult = Result<(), TaskError>;

/// A handler's right to run its task now.
#[derive(Clone, Debug)]
pub struct Lease {
    pub id: TaskId,
    /// 1 the first time.
    pub attempt: i16,
    pub max_attempts: i16,
    /// Goes up with every lease of the task; a side effect elsewhere can name it
    /// to refuse an older run.
    pub fence: i64,
    /// The batch that the task belongs to.
    pub batch: Option<BatchId>,
    /// Cancelled when the lease is lost or the grace time of a shutdown is over:
    /// the handler is aborted then at its next await. Cancelled too when somebody
    /// wants the task stopped: the handler has five seconds then to end by itself.
    /// A long computation should look at it now and then.
    pub cancelled: CancellationToken,
}

impl Lease {
    pub(crate) fn of(task: &LeasedTask, cancelled: CancellationToken) -> Self {
        Self {
            id: task.key.id,
            attempt: task.attempt,
            max_attempts: task.max_attempts,
            fence: task.key.fence,
            batch: task.batch,
            cancelled,
        }
    }

    /// Enqueues work that belongs to the batch of this task, if it belongs to one.
    /// The batch does not end before that work has.
    pub async fn enqueue_beside<T: Task>(
        &self,
        conn: &mut PgConnection,
        task: &T,
    ) -> Result<(), sqlx::Error> {
        match self.batch {
            Some(batch) => {
                queue::enqueue_in_batch(conn, batch, std::slice::from_ref(task)).await?;
            }
            None => {
                queue::enqueue(conn, task).await?;
            }
        }
        Ok(())
    }

    /// Makes a transaction depend on the lease: fails if the lease is lost, else
    /// nobody else gets the task before the transaction ends. So a run that stood
    /// still for too long writes nothing beside the next one.
    pub async fn hold(&self, conn: &mut PgConnection) -> TaskResult {
        let key = LeaseKey {
            id: self.id,
            fence: self.fence,
        };
        if db::hold(conn, key).await? {
            Ok(())
        } else {
            Err(TaskError::retry("the lease is lost"))
        }
    }
}

/// How a run ends other than done. The texts are kept with the task for
/// operators: no secrets, no personal data.
#[derive(Debug, thiserror::Error)]
pub enum TaskError {
    /// Again after the usual backoff; the attempt counts.
    #[error("{0}")]
    Retry(#[source] BoxError),
    /// Again after this time; the attempt counts.
    #[error("{error}")]
    RetryAfter {
        after: Duration,
        #[source]
        error: BoxError,
    },
    /// Again after this time; the attempt does not count.
    #[error("snoozed")]
    Snooze(Duration),
    /// Dead at once: no later attempt can go better.
    #[error("{0}")]
    GiveUp(#[source] BoxError),
}

impl TaskError {
    pub fn retry(error: impl Into<BoxError>) -> Self {
        Self::Retry(error.into())
    }

    pub fn retry_after(after: Duration, error: impl Into<BoxError>) -> Self {
        Self::RetryAfter {
            after,
            error: error.into(),
        }
    }

    pub fn snooze(time: Duration) -> Self {
        Self::Snooze(time)
    }

    pub fn give_up(error: impl Into<BoxError>) -> Self {
        Self::GiveUp(error.into())
    }
}

impl From<jobboard_shared::Error> for TaskError {
    fn from(error: jobboard_shared::Error) -> Self {
        Self::retry(error)
    }
}

impl From<sqlx::Error> for TaskError {
    fn from(error: sqlx::Error) -> Self {
        Self::retry(error)
    }
}

/// The error and all its causes in one line.
pub(crate) fn describe(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.ends_with(&inner_text) {
            text.push_str(": ");
            text.push_str(&inner_text);
        }
        cause = inner.source();
    }
    text
}
