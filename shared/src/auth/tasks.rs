//! Tasks of signing in.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::queue::Task;

/// Mails a token that resets the password, to the account that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendPasswordReset {
    /// `None`: nobody has the address. The task exists all the same, so that the
    /// request takes as long.
    pub user_id: Option<Uuid>,
}

impl Task for SendPasswordReset {
    const KIND: &'static str = "auth.send_password_reset";
    const QUEUE: &'static str = "default";
}

/// Deletes sessions that expired more than a day ago, with their tokens, and what
/// is left of mailed tokens and former addresses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeleteExpiredSessions {}

impl Task for DeleteExpiredSessions {
    const KIND: &'static str = "auth.delete_expired_sessions";
    const QUEUE: &'static str = "default";
    const PRIORITY: i16 = 10;

    fn unique_key(&self) -> Option<String> {
        Some(Self::KIND.to_owned())
    }
}
