use chrono::{DateTime, Utc};
use jobboard_shared::queue::operate::{Unsent, UnsentMail};
use poem_openapi::{Enum, Object};
use uuid::Uuid;

/// Perhaps delivered, or not delivered
#[derive(Clone, Copy, Debug, Enum)]
#[oai(rename_all = "snake_case", remote = "Unsent")]
pub(in crate::admin::tasks) enum UnsentStatus {
    Unknown,
    Dead,
}

/// A mail that did not certainly arrive
#[derive(Debug, Object)]
#[oai(rename = "UnsentMail")]
pub(in crate::admin::tasks) struct UnsentMailView {
    id: Uuid,
    template: String,
    /// The account that it goes to
    user_id: Uuid,
    /// Why it is dead
    reason: Option<String>,
    last_error: Option<String>,
    attempts: i32,
    /// How often somebody had it sent again
    resends: i16,
    task_id: Option<i64>,
    created_at: DateTime<Utc>,
}

impl From<UnsentMail> for UnsentMailView {
    fn from(mail: UnsentMail) -> Self {
        Self {
            id: mail.id,
            template: mail.template,
            user_id: mail.user_id,
            reason: mail.reason.map(str::to_owned),
            last_error: mail.last_error,
            attempts: mail.attempts,
            resends: mail.resends,
            task_id: mail.task_id,
            created_at: mail.created_at,
        }
    }
}

/// A mail on its way again
#[derive(Debug, Object)]
pub(in crate::admin::tasks) struct ResentMail {
    /// The task that sends it
    pub(in crate::admin::tasks) task_id: i64,
}
