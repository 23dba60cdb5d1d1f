//! Tasks of signing in.

use serde::{Deserialize, Serialize};

use crate::queue::Task;

/// Deletes sessions that expired more than a day ago, with their tokens.
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
