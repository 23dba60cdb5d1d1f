//! Work of the recommendations. All of it is safe to repeat: results are written
//! over, and a model that is gone makes its tasks quietly succeed.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::queue::{self, Task, TaskId};

/// By then the next night's run has taken over what a block was to do.
const OVERTAKEN: Duration = Duration::from_secs(24 * 3600);

/// Fits a model to the live jobs and fans out blocks of users and of jobs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Do nothing while the last model still knows nine of ten live jobs.
    #[serde(default)]
    pub only_if_stale: bool,
}

impl Plan {
    pub fn if_stale() -> Self {
        Self {
            only_if_stale: true,
        }
    }
}

impl Task for Plan {
    const KIND: &'static str = "recommendations.plan";
    const QUEUE: &'static str = "recommendations";
    const PRIORITY: i16 = 5;
    const TIMEOUT: Duration = Duration::from_secs(30 * 60);

    fn unique_key(&self) -> Option<String> {
        Some(
            if self.only_if_stale {
                "if stale"
            } else {
                "always"
            }
            .to_owned(),
        )
    }
}

/// Recommendations of the active freelancers with ids after `after` up to `up_to`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserBlock {
    /// The model's version.
    pub run: Uuid,
    pub after: Uuid,
    pub up_to: Uuid,
}

impl Task for UserBlock {
    const KIND: &'static str = "recommendations.user_block";
    const QUEUE: &'static str = "recommendations";
    const PRIORITY: i16 = 3;
    const TIMEOUT: Duration = Duration::from_secs(10 * 60);
    const DEADLINE: Option<Duration> = Some(OVERTAKEN);
}

/// Jobs like the model's jobs number `from` up to `to` (exclusive).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobBlock {
    /// The model's version.
    pub run: Uuid,
    pub from: u32,
    pub to: u32,
}

impl Task for JobBlock {
    const KIND: &'static str = "recommendations.job_block";
    const QUEUE: &'static str = "recommendations";
    const PRIORITY: i16 = 4;
    const TIMEOUT: Duration = Duration::from_secs(10 * 60);
    const DEADLINE: Option<Duration> = Some(OVERTAKEN);
}

/// Recommendations of one freelancer, after a change of profile or skills.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefreshUser {
    pub user_id: Uuid,
}

impl Task for RefreshUser {
    const KIND: &'static str = "recommendations.refresh_user";
    const QUEUE: &'static str = "recommendations";
    const TIMEOUT: Duration = Duration::from_secs(5 * 60);

    fn unique_key(&self) -> Option<String> {
        Some(self.user_id.to_string())
    }
}

/// Removes one chunk of expired rows, then enqueues the next.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PruneExpired {}

impl Task for PruneExpired {
    const KIND: &'static str = "recommendations.prune_expired";
    const QUEUE: &'static str = "recommendations";
    const PRIORITY: i16 = 8;

    fn unique_key(&self) -> Option<String> {
        Some("all".to_owned())
    }
}

/// To be called in the transaction that changes a freelancer's profile, skills or
/// experience. Several changes before the task runs cost one run.
pub async fn enqueue_refresh(
    conn: &mut PgConnection,
    user_id: Uuid,
) -> Result<TaskId, sqlx::Error> {
    queue::enqueue(conn, &RefreshUser { user_id }).await
}
