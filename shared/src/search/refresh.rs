//! Brings search documents in step with their jobs.

use sqlx::{PgConnection, PgTransaction};
use uuid::Uuid;

use super::{db, document::Document};
use crate::Result;

/// Those of the jobs whose documents are not what a refresh would write. A change
/// that is still in the queue makes a difference too.
pub async fn differing(conn: &mut PgConnection, job_ids: &[Uuid]) -> Result<Vec<Uuid>> {
    let sources = db::live_jobs(conn, job_ids).await?;
    let documents: Vec<_> = sources.into_iter().map(Document::of).collect();
    Ok(db::differing(conn, job_ids, &documents).await?)
}

/// What a refresh did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refreshed {
    /// Documents written because they were new or differed.
    pub written: u64,
    /// The jobs of those that were new.
    pub new: Vec<Uuid>,
    /// Documents of jobs that are not live any more.
    pub removed: u64,
}

/// Writes the documents of those of the jobs that are live and removes those of
/// the others.
///
/// Until the transaction ends, no other refresh works on these jobs: each reads
/// them after it has waited, so the last to write has read last, and no older
/// state of a job ever replaces a newer one.
pub async fn refresh(tx: &mut PgTransaction<'_>, job_ids: &[Uuid]) -> Result<Refreshed> {
    db::lock_jobs(tx, job_ids).await?;
    let sources = db::live_jobs(tx, job_ids).await?;
    let documents: Vec<_> = sources.into_iter().map(Document::of).collect();
    let live: Vec<_> = documents.iter().map(|document| document.job_id).collect();
    let removed = db::remove_others(tx, job_ids, &live).await?;
    let written = db::upsert(tx, &documents).await?;
    Ok(Refreshed {
        written: written.documents,
        new: written.new,
        removed,
    })
}
