//! Work of the analytics.

use serde::{Deserialize, Serialize};

use crate::queue::Task;

/// Rolls up the days that are over, fifty at a time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RollUp {}

impl Task for RollUp {
    const KIND: &'static str = "analytics.roll_up";
    const QUEUE: &'static str = "default";
    const PRIORITY: i16 = 5;

    fn unique_key(&self) -> Option<String> {
        Some(Self::KIND.to_owned())
    }
}
