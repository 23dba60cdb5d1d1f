//! Tasks of kept answers.

use serde::{Deserialize, Serialize};

use crate::queue::Task;

/// Deletes answers that no retry can ask for any more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeleteExpiredKeys {}

impl Task for DeleteExpiredKeys {
    const KIND: &'static str = "idempotency.delete_expired";
    const QUEUE: &'static str = "default";
    const PRIORITY: i16 = 10;

    fn unique_key(&self) -> Option<String> {
        Some(Self::KIND.to_owned())
    }
}
