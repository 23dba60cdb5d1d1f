//! Work of the trending scores.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::queue::Task;

/// Counts the signals that have gathered, a bounded batch at a time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplySignals {}

impl Task for ApplySignals {
    const KIND: &'static str = "trending.apply_signals";
    const QUEUE: &'static str = "default";

    fn unique_key(&self) -> Option<String> {
        Some("all".to_owned())
    }
}

/// Lets one batch of scores fade, then enqueues the next.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decay {
    /// The last job of the batch before; none for the first batch.
    #[serde(default)]
    pub after: Option<Uuid>,
}

impl Task for Decay {
    const KIND: &'static str = "trending.decay";
    const QUEUE: &'static str = "default";
    const PRIORITY: i16 = 5;

    fn unique_key(&self) -> Option<String> {
        Some(match self.after {
            None => "first".to_owned(),
            Some(after) => after.to_string(),
        })
    }
}
