//! Which alerts a new job matches.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    db::{
        self,
        matches::{anybody_waits, match_block},
    },
    tasks::{MatchJob, ReadAnew},
};
use crate::{Error, Result, queue, search};

/// Searches in one statement: what a job that fits everybody costs at once.
const BLOCK: i64 = 2_000;

/// Enqueues the matching of jobs whose documents the caller's transaction has written
/// for the first time.
pub async fn enqueue_new(conn: &mut PgConnection, job_ids: &[Uuid]) -> Result<()> {
    if job_ids.is_empty() || !anybody_waits(conn).await? {
        return Ok(());
    }
    let tasks: Vec<_> = job_ids
        .iter()
        .map(|job_id| MatchJob {
            job_id: *job_id,
            after: None,
        })
        .collect();
    queue::enqueue_many(conn, &tasks).await?;
    Ok(())
}

/// Matches a job with a block of the alerts, and enqueues the next block. Doing it
/// again finds the same. Gives how many matched.
pub async fn match_job(conn: &mut PgConnection, task: &MatchJob) -> Result<usize> {
    let block = match_block(conn, task.job_id, task.after, BLOCK).await?;
    db::schedule(conn, &block.matched, false).await?;
    if let Some(after) = block.next {
        let next = MatchJob {
            job_id: task.job_id,
            after: Some(after),
        };
        queue::enqueue(conn, &next).await?;
    }
    Ok(block.matched.len())
}

/// Enqueues the reading of all stored searches, whose words mean something else after
/// the caller's transaction.
pub async fn enqueue_reading(conn: &mut PgConnection) -> Result<()> {
    if anybody_waits(conn).await? {
        queue::enqueue(conn, &ReadAnew::default()).await?;
    }
    Ok(())
}

/// Reads the next stored searches anew, as they mean something else by now. Gives the
/// last of them, or none where there are no more.
pub async fn read_anew(
    conn: &mut PgConnection,
    now: DateTime<Utc>,
    only_outdated: bool,
    after: Option<Uuid>,
    most: i64,
) -> Result<Option<Uuid>> {
    let searches = db::searches::next(conn, only_outdated, after, most).await?;
    for (id, search) in &searches {
        match search::standing(conn, now, search).await {
            Ok(standing) => db::put_search(conn, *id, &standing).await?,
            // A company or category that it names is gone: nothing can match.
            Err(Error::Invalid(_)) => db::remove_search(conn, *id).await?,
            Err(error) => return Err(error),
        }
    }
    Ok(searches.last().map(|(id, _)| *id))
}
