//! Tasks of the life cycle and of looks.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::queue::Task;

/// Publishes the drafts whose time has come. One whose employer may not publish
/// it now waits for a later run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PublishDue {}

impl Task for PublishDue {
    const KIND: &'static str = "jobs.publish_due";
    const QUEUE: &'static str = "default";
    const PRIORITY: i16 = 5;
    const TIMEOUT: Duration = Duration::from_secs(300);

    fn unique_key(&self) -> Option<String> {
        Some(Self::KIND.to_owned())
    }
}

/// Closes jobs that have expired. Others have not seen them since that moment;
/// closing brings status and counters in line, and tells the employer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CloseExpired {}

impl Task for CloseExpired {
    const KIND: &'static str = "jobs.close_expired";
    const QUEUE: &'static str = "default";
    const PRIORITY: i16 = 5;
    const TIMEOUT: Duration = Duration::from_secs(300);

    fn unique_key(&self) -> Option<String> {
        Some(Self::KIND.to_owned())
    }
}

/// Forgets the addresses of looks that can no longer be counted twice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ForgetAddresses {}

impl Task for ForgetAddresses {
    const KIND: &'static str = "jobs.forget_addresses";
    const QUEUE: &'static str = "default";
    const PRIORITY: i16 = 5;

    fn unique_key(&self) -> Option<String> {
        Some(Self::KIND.to_owned())
    }
}
