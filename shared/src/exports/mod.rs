//! Jobs and applications as rows for other programs, batch by batch, so that an
//! export of any length takes the memory of one batch and no connection while its
//! reader takes their time. Rows that come and go meanwhile may or may not be in it;
//! each other one is in it once.

mod db;
mod encode;

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{Result, employers::Scope};

pub use encode::Format;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Export {
    Jobs,
    Applications,
}

impl Export {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Jobs => "jobs",
            Self::Applications => "applications",
        }
    }

    /// The names of the columns, in the order of a row's values.
    pub fn columns(self) -> impl Iterator<Item = &'static str> {
        self.fields().iter().map(|(name, _)| *name)
    }

    /// Name and SQL of each column.
    const fn fields(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Jobs => db::JOB_FIELDS,
            Self::Applications => db::APPLICATION_FIELDS,
        }
    }
}

/// Where a batch ended.
#[derive(Clone, Copy, Debug, PartialEq, sqlx::FromRow)]
pub struct Position {
    job_created_at: DateTime<Utc>,
    job_id: Uuid,
    /// Nil where rows are jobs.
    applicant_id: Uuid,
    row_id: Uuid,
}

#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Values in the order of [`Export::columns`].
    pub rows: Vec<Vec<Value>>,
    /// None: this was the last one.
    pub next: Option<Position>,
}

/// Rows of a batch.
pub const BATCH: usize = 250;

/// The rows of the scope that follow `after`.
pub async fn next_batch(
    conn: &mut PgConnection,
    export: Export,
    scope: Scope,
    after: Option<Position>,
) -> Result<Batch> {
    let found = match export {
        Export::Jobs => db::jobs(conn, scope, after).await?,
        Export::Applications => db::applications(conn, scope, after).await?,
    };
    let is_full = found.len() == BATCH;
    let next = found.last().map(|row| row.position).filter(|_| is_full);
    Ok(Batch {
        rows: found.into_iter().map(|row| row.values.0).collect(),
        next,
    })
}
