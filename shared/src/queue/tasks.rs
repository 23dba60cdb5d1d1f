//! The queue's work on itself.

use serde::{Deserialize, Serialize};

use super::Task;

/// Makes partitions ahead and forgets old records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upkeep {}

impl Task for Upkeep {
    const KIND: &'static str = "queue.upkeep";
    const QUEUE: &'static str = "default";

    fn unique_key(&self) -> Option<String> {
        Some("all".to_owned())
    }
}
