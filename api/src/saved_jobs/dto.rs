//! Saved jobs as clients send and see them.

use chrono::{DateTime, Utc};
use jobboard_shared::saved_jobs::{self, Notes, NotesPatch};
use poem_openapi::{Object, types::MaybeUndefined};
use uuid::Uuid;

use crate::{jobs::dto::JobSummary, patch::emptied};

/// A job that the account saved
#[derive(Debug, Object)]
pub(super) struct SavedJob {
    job: JobSummary,
    /// Whether it takes applications
    is_open: bool,
    /// For the account's eyes only
    notes: String,
    tags: Vec<String>,
    saved_at: DateTime<Utc>,
    /// When the notes were changed
    updated_at: DateTime<Utc>,
}

impl From<saved_jobs::SavedJob> for SavedJob {
    fn from(saved: saved_jobs::SavedJob) -> Self {
        Self {
            job: saved.job.into(),
            is_open: saved.is_open,
            notes: saved.notes.notes,
            tags: saved.notes.tags,
            saved_at: saved.saved_at,
            updated_at: saved.updated_at,
        }
    }
}

/// A job to be saved
#[derive(Debug, Object)]
pub(super) struct SaveInput {
    job_id: Uuid,
    #[oai(default, validator(max_length = 5000))]
    notes: String,
    #[oai(default, validator(max_items = 20))]
    tags: Vec<String>,
}

impl SaveInput {
    pub(super) fn split(self) -> (Uuid, Notes) {
        let notes = Notes {
            notes: self.notes,
            tags: self.tags,
        };
        (self.job_id, notes)
    }
}

/// A change of the notes on a saved job: what is left out stays, null clears
#[derive(Debug, Object)]
pub(super) struct NotesPatchInput {
    #[oai(validator(max_length = 5000))]
    notes: MaybeUndefined<String>,
    #[oai(validator(max_items = 20))]
    tags: MaybeUndefined<Vec<String>>,
}

impl From<NotesPatchInput> for NotesPatch {
    fn from(input: NotesPatchInput) -> Self {
        Self {
            notes: emptied(input.notes),
            tags: emptied(input.tags),
        }
    }
}
