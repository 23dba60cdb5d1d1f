//! What operators do to the queue, by whichever way they come: each act is
//! checked, done, and written to the log once.

mod mails;
mod overview;
mod suppressions;
pub mod words;

use std::fmt;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    TaskId,
    db::operate::{self as db, DeadFilter, Limits, Retried, TaskState},
    db::{self as queue_db, Cancelled},
};
use crate::{Error, Result};
pub use mails::{Unsent, UnsentMail, resend_mail, unsent_mails};
pub use overview::{QueueOverview, overview};
pub use suppressions::lift_suppression;

/// The most tasks that one call changes.
pub const MOST_CHANGED: u16 = 500;

/// Who does it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    Admin(Uuid),
    /// Whoever may run commands with the database's address.
    CommandLine,
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Admin(id) => write!(f, "admin {id}"),
            Self::CommandLine => f.write_str("command line"),
        }
    }
}

/// What an act on many tasks came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Bulk {
    pub ids: Vec<TaskId>,
    /// Tasks that fit and were left for the next call; at most
    /// [`db::MOST_COUNTED`] are counted.
    pub left: i64,
}

/// Stops new starts of a queue. Gives since when it is paused.
pub async fn pause(conn: &mut PgConnection, by: Operator, queue: &str) -> Result<DateTime<Utc>> {
    ensure_known(conn, queue).await?;
    let since = db::pause(conn, queue).await?;
    tracing::info!(%by, queue, "queue paused");
    Ok(since)
}

pub async fn resume(conn: &mut PgConnection, by: Operator, queue: &str) -> Result<()> {
    ensure_known(conn, queue).await?;
    db::resume(conn, queue).await?;
    tracing::info!(%by, queue, "queue resumed");
    Ok(())
}

pub async fn set_limits(
    conn: &mut PgConnection,
    by: Operator,
    queue: &str,
    limits: Limits,
) -> Result<()> {
    ensure_known(conn, queue).await?;
    db::set_limits(conn, queue, limits).await?;
    tracing::info!(%by, queue, ?limits, "queue limited");
    Ok(())
}

async fn ensure_known(conn: &mut PgConnection, queue: &str) -> Result<()> {
    if db::is_known(conn, queue).await? {
        Ok(())
    } else {
        Err(Error::NotFound("queue"))
    }
}

/// Runs a dead task again.
pub async fn retry(conn: &mut PgConnection, by: Operator, id: TaskId) -> Result<Retried> {
    let retried = db::retry(conn, &[id]).await?;
    match retried.first() {
        Some(retried) => {
            tracing::info!(%by, tasks = %id, runs_as = %retried.runs_as, "task retried");
            Ok(*retried)
        }
        None => Err(refusal(conn, id, "retried", TaskState::Dead).await?),
    }
}

/// Runs dead tasks again, those first that died first, [`MOST_CHANGED`] at most.
pub async fn retry_many(
    conn: &mut PgConnection,
    by: Operator,
    filter: &DeadFilter,
) -> Result<Bulk> {
    let (found, left) = db::dead_ids(conn, filter, MOST_CHANGED).await?;
    let free: Vec<_> = found
        .iter()
        .filter(|(_, unique)| !unique)
        .map(|(id, _)| *id)
        .collect();
    let mut retried = db::retry(conn, &free).await?;
    for (id, _) in found.iter().filter(|(_, unique)| *unique) {
        retried.extend(db::retry(conn, std::slice::from_ref(id)).await?);
    }
    let ids: Vec<_> = retried.into_iter().map(|retried| retried.id).collect();
    tracing::info!(%by, tasks = %Listed(&ids), left, "tasks retried");
    Ok(Bulk { ids, left })
}

/// Gives a dead task up.
pub async fn discard(conn: &mut PgConnection, by: Operator, id: TaskId) -> Result<()> {
    if db::discard(conn, &[id], &by.to_string()).await?.is_empty() {
        return Err(refusal(conn, id, "discarded", TaskState::Dead).await?);
    }
    tracing::info!(%by, tasks = %id, "task discarded");
    Ok(())
}

/// Gives dead tasks up, [`MOST_CHANGED`] at most.
pub async fn discard_many(
    conn: &mut PgConnection,
    by: Operator,
    filter: &DeadFilter,
) -> Result<Bulk> {
    let (found, left) = db::dead_ids(conn, filter, MOST_CHANGED).await?;
    let found: Vec<_> = found.into_iter().map(|(id, _)| id).collect();
    let discarded = db::discard(conn, &found, &by.to_string()).await?;
    let ids: Vec<_> = discarded.into_iter().map(|changed| changed.id).collect();
    tracing::info!(%by, tasks = %Listed(&ids), left, "tasks discarded");
    Ok(Bulk { ids, left })
}

/// Cancels a task: at once where it waits; where it runs its worker is told.
pub async fn cancel(conn: &mut PgConnection, by: Operator, id: TaskId) -> Result<Cancelled> {
    let cancelled = queue_db::cancel(conn, id).await?;
    if cancelled == Cancelled::NotFound {
        return Err(refusal(conn, id, "cancelled", TaskState::Pending).await?);
    }
    tracing::info!(%by, tasks = %id, ?cancelled, "task cancelled");
    Ok(cancelled)
}

/// Lets a waiting task run at once, out of its delay or backoff. A pause and
/// the limits of its queue hold all the same.
pub async fn run_now(conn: &mut PgConnection, by: Operator, id: TaskId) -> Result<()> {
    if db::run_now(conn, id).await?.is_none() {
        return Err(refusal(conn, id, "run now", TaskState::Pending).await?);
    }
    tracing::info!(%by, tasks = %id, "task is to run now");
    Ok(())
}

/// Why nothing was done for the task.
async fn refusal(
    conn: &mut PgConnection,
    id: TaskId,
    done: &str,
    wanted: TaskState,
) -> Result<Error> {
    Ok(match db::state_of(conn, id).await? {
        None => Error::NotFound("task"),
        Some(state) => Error::conflict(
            "task_state",
            format!(
                "only a {} task can be {done}; this one is {}",
                wanted.as_str(),
                state.as_str()
            ),
        ),
    })
}

struct Listed<'a>(&'a [TaskId]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, id) in self.0.iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            write!(f, "{comma}{id}")?;
        }
        Ok(())
    }
}
