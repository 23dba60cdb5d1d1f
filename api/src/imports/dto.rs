//! What clients see of imports.

use chrono::{DateTime, Utc};
use jobboard_shared::imports::{self, RowError};
use poem::Body;
use poem_openapi::{
    ApiRequest, ApiResponse, Enum, Object,
    payload::{Binary, Json},
};
use uuid::Uuid;

/// A file of job ads. Its type says how it is written.
#[derive(ApiRequest)]
pub(super) enum ImportFile {
    /// With a header that names the columns.
    #[oai(content_type = "text/csv")]
    Csv(Binary<Body>),
    /// One JSON object a line.
    #[oai(content_type = "application/x-ndjson")]
    Ndjson(Binary<Body>),
}

#[derive(ApiResponse)]
pub(super) enum ImportAccepted {
    /// The file is taken in and its rows will be read in the background.
    #[oai(status = 202)]
    Accepted(
        Json<Import>,
        /// Where its progress can be read.
        #[oai(header = "Location")]
        String,
    ),
}

#[derive(Clone, Copy, Debug, Enum)]
#[oai(rename = "ImportFormat", rename_all = "snake_case")]
pub(super) enum Format {
    Csv,
    Ndjson,
}

#[derive(Clone, Copy, Debug, Enum)]
#[oai(rename = "ImportStatus", rename_all = "snake_case")]
pub(super) enum Status {
    Uploading,
    Queued,
    Running,
    Finished,
    /// The file as a whole could not be read; rows done before stay.
    Failed,
}

/// An import and how far it got. The four counts add up to `rows_done`.
#[derive(Debug, Object)]
pub(super) struct Import {
    pub(super) id: Uuid,
    pub(super) status: Status,
    pub(super) format: Format,
    /// The source of rows that name none.
    pub(super) source: String,
    /// The part of the file that is done, 0 to 1.
    pub(super) progress: f64,
    pub(super) rows_done: i32,
    pub(super) created: i32,
    /// Ads imported before that have changed since.
    pub(super) updated: i32,
    /// Repeats within the file, and ads imported before that are unchanged.
    pub(super) duplicates: i32,
    pub(super) failed: i32,
    /// Why the file as a whole was refused.
    pub(super) error: Option<String>,
    pub(super) created_at: DateTime<Utc>,
    pub(super) started_at: Option<DateTime<Utc>>,
    pub(super) finished_at: Option<DateTime<Utc>>,
}

/// An import with the rows that were refused.
#[derive(Debug, Object)]
pub(super) struct ImportReport {
    #[oai(flatten)]
    pub(super) import: Import,
    /// Refused rows in the file's order, at most `page_size`.
    pub(super) errors: Vec<RefusedRow>,
    /// Ask again with `errors_after` of this to see more; null when all are seen.
    pub(super) next_errors_after: Option<i32>,
}

#[derive(Debug, Object)]
pub(super) struct RefusedRow {
    /// Counts the rows of the file from 1, a CSV header not included.
    pub(super) row: i32,
    /// The line on which the row starts, as an editor counts.
    pub(super) line: i32,
    pub(super) errors: Vec<RowFault>,
}

#[derive(Debug, Object)]
pub(super) struct RowFault {
    /// The job's field; empty where the row as a whole is wrong.
    pub(super) field: String,
    pub(super) code: String,
    pub(super) message: String,
}

impl From<imports::Import> for Import {
    fn from(import: imports::Import) -> Self {
        let progress = if import.file_bytes == 0 {
            0.0
        } else {
            import.next_byte as f64 / import.file_bytes as f64
        };
        Self {
            id: import.id,
            status: match import.status {
                imports::ImportStatus::Uploading => Status::Uploading,
                imports::ImportStatus::Queued => Status::Queued,
                imports::ImportStatus::Running => Status::Running,
                imports::ImportStatus::Finished => Status::Finished,
                imports::ImportStatus::Failed => Status::Failed,
            },
            format: match import.format {
                imports::ImportFormat::Csv => Format::Csv,
                imports::ImportFormat::Ndjson => Format::Ndjson,
            },
            source: import.source,
            progress,
            rows_done: import.rows_done,
            created: import.created,
            updated: import.updated,
            duplicates: import.duplicates,
            failed: import.failed,
            error: import.error,
            created_at: import.created_at,
            started_at: import.started_at,
            finished_at: import.finished_at,
        }
    }
}

impl From<RowError> for RefusedRow {
    fn from(row: RowError) -> Self {
        let faults = row.errors.into_iter().map(|fault| RowFault {
            field: fault.field,
            code: fault.code.into_owned(),
            message: fault.message,
        });
        Self {
            row: row.row,
            line: row.line,
            errors: faults.collect(),
        }
    }
}
