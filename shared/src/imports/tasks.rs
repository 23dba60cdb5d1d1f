//! Tasks of imports.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::queue::Task;

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

/// Removes imports and abandoned uploads that are past their time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PurgeImports {}

impl Task for PurgeImports {
    const KIND: &'static str = "imports.purge";
    const QUEUE: &'static str = "imports";
}
