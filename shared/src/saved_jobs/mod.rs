//! Jobs that job seekers keep for later.
//!
//! `jobs.save_count` is kept by triggers of the schema.

pub mod db;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    Error, Result,
    jobs::{self, JobSummary},
    pagination::{Paging, Slice},
    rules::Rules,
    settings,
    trending::{self, SignalKind},
};

/// A job that somebody saved.
#[derive(Clone, Debug)]
pub struct SavedJob {
    /// Whatever became of it.
    pub job: JobSummary,
    /// Whether it takes applications.
    pub is_open: bool,
    pub notes: Notes,
    pub saved_at: DateTime<Utc>,
    /// When the notes were changed.
    pub updated_at: DateTime<Utc>,
}

/// What people note down beside a saved job, for themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notes {
    pub notes: String,
    pub tags: Vec<String>,
}

/// A change; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct NotesPatch {
    pub notes: Option<String>,
    pub tags: Option<Vec<String>>,
}

impl Notes {
    fn check(&self) -> Result<()> {
        let mut rules = Rules::new();
        rules.text("notes", &self.notes, 5_000);
        rules.texts("tags", &self.tags, 20, 50);
        rules.finish()
    }
}

/// Saves a live job, once.
pub async fn save(
    conn: &mut PgConnection,
    user_id: Uuid,
    job_id: Uuid,
    notes: &Notes,
) -> Result<SavedJob> {
    notes.check()?;
    // One after another, so that two at once do not pass the limit together.
    db::lock_saver(conn, user_id).await?;
    if !db::is_live(conn, job_id).await? {
        return Err(Error::NotFound("job"));
    }
    db::insert(conn, user_id, job_id, notes).await?;
    let most = settings::load(conn).await?.max_saved_jobs;
    if db::count(conn, user_id, None).await? > i64::from(most) {
        return Err(Error::conflict(
            "max_saved_jobs",
            format!("you have saved {most} jobs, which is the most; remove one first"),
        ));
    }
    trending::record(conn, job_id, SignalKind::Save).await?;
    get(conn, user_id, job_id).await
}

/// Newest first.
pub async fn list(
    conn: &mut PgConnection,
    user_id: Uuid,
    tag: Option<&str>,
    paging: &Paging,
) -> Result<Slice<SavedJob>> {
    let slice = db::list(conn, user_id, tag, paging).await?;
    Ok(Slice {
        rows: with_jobs(conn, slice.rows).await?,
        next: slice.next,
        total: slice.total,
    })
}

pub async fn update(
    conn: &mut PgConnection,
    user_id: Uuid,
    job_id: Uuid,
    patch: NotesPatch,
) -> Result<SavedJob> {
    let mut notes = db::lock(conn, user_id, job_id).await?;
    if let Some(text) = patch.notes {
        notes.notes = text;
    }
    if let Some(tags) = patch.tags {
        notes.tags = tags;
    }
    notes.check()?;
    db::update(conn, user_id, job_id, &notes).await?;
    get(conn, user_id, job_id).await
}

pub async fn remove(conn: &mut PgConnection, user_id: Uuid, job_id: Uuid) -> Result<()> {
    db::delete(conn, user_id, job_id).await
}

/// One that this account has saved.
pub async fn get(conn: &mut PgConnection, user_id: Uuid, job_id: Uuid) -> Result<SavedJob> {
    let row = db::get(conn, user_id, job_id).await?;
    with_jobs(conn, vec![row])
        .await?
        .pop()
        .ok_or(Error::NotFound("saved job"))
}

async fn with_jobs(conn: &mut PgConnection, rows: Vec<db::SavedRow>) -> Result<Vec<SavedJob>> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.job_id).collect();
    let mut jobs: HashMap<Uuid, JobSummary> = jobs::db::summaries_of_any(conn, &ids)
        .await?
        .into_iter()
        .map(|job| (job.id, job))
        .collect();
    let saved = rows.into_iter().filter_map(|row| {
        Some(SavedJob {
            job: jobs.remove(&row.job_id)?,
            is_open: row.is_open,
            notes: row.notes,
            saved_at: row.saved_at,
            updated_at: row.updated_at,
        })
    });
    Ok(saved.collect())
}
