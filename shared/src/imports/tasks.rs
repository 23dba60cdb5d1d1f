//! Tasks of imports.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::queue::{self, NewTask, Task};

/// Continues an import by one batch of rows; enqueues itself until the file ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContinueImport {
    pub import_id: Uuid,
}

impl Task for ContinueImport {
    const KIND: &'static str = "imports.continue";
    const QUEUE: &'static str = "imports";
    const TIMEOUT: Duration = Duration::from_secs(120);

    fn unique_key(&self) -> Option<String> {
        Some(format!("import:{}", self.import_id))
    }
}

/// Comes after the last [`ContinueImport`]: ends an import whose end none of them
/// reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndImport {
    pub import_id: Uuid,
}

impl Task for EndImport {
    const KIND: &'static str = "imports.end";
    const QUEUE: &'static str = "imports";
}

/// Enqueues the work on an uploaded file: a batch, visible to operators, with
/// [`EndImport`] at its end.
pub async fn enqueue_import(conn: &mut PgConnection, import_id: Uuid) -> Result<(), sqlx::Error> {
    let end = NewTask::of(&EndImport { import_id })?;
    let batch = queue::create_batch(conn, &format!("import {import_id}"), Some(end)).await?;
    queue::enqueue_in_batch(conn, batch, &[ContinueImport { import_id }]).await?;
    Ok(())
}

/// Removes imports and abandoned uploads that are past their time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PurgeImports {}

impl Task for PurgeImports {
    const KIND: &'static str = "imports.purge";
    const QUEUE: &'static str = "imports";
}
