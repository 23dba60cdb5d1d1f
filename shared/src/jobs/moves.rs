//! The moves of a job, each on record.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{JobStatus, db};
use crate::{
    Result,
    employers::Scope,
    pagination::{Paging, Slice},
};

/// What moved a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "job_move_cause", rename_all = "snake_case")]
pub enum MoveCause {
    /// Somebody asked for it.
    Request,
    /// The time of its publication came.
    Schedule,
    /// It expired.
    Expiry,
    /// A file said so.
    Import,
}

/// One move on record.
#[derive(Clone, Debug)]
pub struct JobMove {
    pub id: Uuid,
    /// None where nobody did, or their account is gone.
    pub changed_by: Option<Uuid>,
    pub cause: MoveCause,
    /// None: the job was made in this status.
    pub from: Option<JobStatus>,
    pub to: JobStatus,
    pub note: String,
    pub changed_at: DateTime<Utc>,
}

/// A move to be noted.
#[derive(Clone, Copy, Debug)]
pub struct NewMove<'a> {
    pub job_id: Uuid,
    pub changed_by: Option<Uuid>,
    pub cause: MoveCause,
    pub from: Option<JobStatus>,
    pub to: JobStatus,
    pub note: &'a str,
}

/// The moves of a job of the scope, newest first.
pub async fn history(
    conn: &mut PgConnection,
    scope: Scope,
    job_id: Uuid,
    paging: &Paging,
) -> Result<Slice<JobMove>> {
    db::moves::ensure_readable(conn, scope, job_id).await?;
    db::moves::list(conn, job_id, paging).await
}
