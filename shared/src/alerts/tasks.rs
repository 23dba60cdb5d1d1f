//! The tasks of job alerts.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::queue::Task;

/// Holds a new job against a block of the alerts; enqueues the next block.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MatchJob {
    pub job_id: Uuid,
    /// The last alert that is done.
    #[serde(default)]
    pub after: Option<Uuid>,
}

impl Task for MatchJob {
    const KIND: &'static str = "alerts.match_job";
    const QUEUE: &'static str = "search";
    /// Behind what brings edits into search.
    const PRIORITY: i16 = 5;

    fn unique_key(&self) -> Option<String> {
        Some(match self.after {
            None => self.job_id.to_string(),
            Some(after) => format!("{}:{after}", self.job_id),
        })
    }
}

/// Reads all stored searches anew, a block in each task.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ReadAnew {
    /// Those alone that another version of the code has read.
    pub only_outdated: bool,
    /// The last alert that is done.
    #[serde(default)]
    pub after: Option<Uuid>,
}

impl ReadAnew {
    pub fn outdated() -> Self {
        Self {
            only_outdated: true,
            after: None,
        }
    }
}

impl Task for ReadAnew {
    const KIND: &'static str = "alerts.read_anew";
    const QUEUE: &'static str = "search";
    const PRIORITY: i16 = 20;

    fn unique_key(&self) -> Option<String> {
        let which = if self.only_outdated {
            "outdated"
        } else {
            "all"
        };
        Some(match self.after {
            None => which.to_owned(),
            Some(after) => format!("{which}:{after}"),
        })
    }
}

/// Enqueues a [`Deliver`] for each shard of the accounts that has something to tell.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeliverDue {}

impl Task for DeliverDue {
    const KIND: &'static str = "alerts.deliver_due";
    const QUEUE: &'static str = "default";

    fn unique_key(&self) -> Option<String> {
        Some("all".to_owned())
    }
}

/// Tells the accounts of a shard what is due, one after the other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Deliver {
    /// Of 256.
    pub shard: i16,
}

impl Task for Deliver {
    const KIND: &'static str = "alerts.deliver";
    const QUEUE: &'static str = "default";
    const PRIORITY: i16 = 5;
    const TIMEOUT: Duration = Duration::from_secs(300);

    fn unique_key(&self) -> Option<String> {
        Some(self.shard.to_string())
    }
}

/// Forgets what was told long ago.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ForgetOldDeliveries {}

impl Task for ForgetOldDeliveries {
    const KIND: &'static str = "alerts.forget_old";
    const QUEUE: &'static str = "default";
    const TIMEOUT: Duration = Duration::from_secs(600);

    fn unique_key(&self) -> Option<String> {
        Some("all".to_owned())
    }
}
