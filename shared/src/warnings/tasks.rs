//! The task that warns.

use serde::{Deserialize, Serialize};

use crate::queue::Task;

/// Warns admins of tasks that have died.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct WarnOfDeadTasks {}

impl Task for WarnOfDeadTasks {
    const KIND: &'static str = "warnings.dead_tasks";
    const QUEUE: &'static str = "default";

    fn unique_key(&self) -> Option<String> {
        Some("all".to_owned())
    }
}
