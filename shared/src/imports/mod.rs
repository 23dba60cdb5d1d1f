//! Bulk imports of job ads from CSV and NDJSON files.
//!
//! An upload is kept in pieces; a task reads some hundred rows at a time and
//! stores jobs, outcomes and how far it got in one transaction, so that a worker
//! killed at any moment repeats nothing and loses nothing.

pub mod db;
pub mod emails;
pub mod mapping;
pub mod reader;
mod room;
pub mod row;
mod spelling;
pub mod store;
pub mod tasks;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::FieldError;
use mapping::Mapping;

/// Bytes of every stored piece of a file but the last.
pub const CHUNK_BYTES: usize = 256 * 1024;

/// A row longer than this is an error; most often a quote was left open. To see
/// where such a row ends a worker may hold the rest of the file in memory.
pub const MAX_ROW_BYTES: usize = 1024 * 1024;

/// An account may have so many imports under way.
pub const MAX_OPEN_IMPORTS: i64 = 5;

#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "import_format", rename_all = "snake_case")]
pub enum ImportFormat {
    /// With a header; RFC 4180, any line ending.
    Csv,
    /// One JSON object a line.
    Ndjson,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "import_status", rename_all = "snake_case")]
pub enum ImportStatus {
    Uploading,
    Queued,
    Running,
    Finished,
    /// The file as a whole could not be read; rows done before stay.
    Failed,
}

/// What became of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "import_outcome", rename_all = "snake_case")]
pub enum RowOutcome {
    Created,
    /// The account imported this ad before, and the ad has changed since.
    Updated,
    /// An earlier row of the file, or an unchanged ad of an earlier import.
    Duplicate,
    Failed,
}

/// An import and how far it got. `created + updated + duplicates + failed` is
/// `rows_done` at every moment.
#[derive(Clone, Debug)]
pub struct Import {
    pub id: Uuid,
    pub user_id: Uuid,
    pub format: ImportFormat,
    pub source: String,
    pub status: ImportStatus,
    pub file_bytes: i64,
    pub next_byte: i64,
    pub rows_done: i32,
    pub created: i32,
    pub updated: i32,
    pub duplicates: i32,
    pub failed: i32,
    pub error: Option<String>,
    pub created_at: DateTime<Utc>,
    pub started_at: Option<DateTime<Utc>>,
    pub finished_at: Option<DateTime<Utc>>,
}

/// Where a running import stands, for the task that continues it.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    pub user_id: Uuid,
    /// The importing employer's profile; `None` for an admin, whose imported
    /// jobs belong to no employer yet.
    pub employer_id: Option<Uuid>,
    pub format: ImportFormat,
    pub source: String,
    pub mapping: Mapping,
    pub status: ImportStatus,
    pub file_bytes: i64,
    pub next_byte: i64,
    pub next_line: i32,
    pub rows_done: i32,
}

/// Why a row was refused.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RowError {
    /// Counts the rows of the file from 1, a CSV header not included.
    pub row: i32,
    /// The line on which the row starts, as an editor counts.
    pub line: i32,
    pub errors: Vec<FieldError>,
}
