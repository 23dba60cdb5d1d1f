use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::queue::Task;

/// Renders one outbox row and sends it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendEmail {
    pub email_id: Uuid,
}

impl Task for SendEmail {
    const KIND: &'static str = "mail.send";
    const QUEUE: &'static str = "mail";
    /// About two days of a mail server that is away or puts us off: eleven
    /// attempts in the first hour, then one an hour.
    const MAX_ATTEMPTS: i16 = 60;
    /// Longer than the slowest mail server may take, so that the answer to a mail
    /// is still heard.
    const TIMEOUT: Duration = Duration::from_secs(13 * 60);

    fn unique_key(&self) -> Option<String> {
        Some(self.email_id.to_string())
    }
}

/// Gives up the mails whose tasks are gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepOutbox {}

impl Task for SweepOutbox {
    const KIND: &'static str = "mail.sweep";
    const QUEUE: &'static str = "default";

    fn unique_key(&self) -> Option<String> {
        Some("all".to_owned())
    }
}

/// Forgets mails that ended long ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForgetOldMails {}

impl Task for ForgetOldMails {
    const KIND: &'static str = "mail.forget_old";
    const QUEUE: &'static str = "default";

    fn unique_key(&self) -> Option<String> {
        Some("all".to_owned())
    }
}

/// Forgets notifications that nobody needs any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForgetOldNotifications {}

impl Task for ForgetOldNotifications {
    const KIND: &'static str = "notifications.forget_old";
    const QUEUE: &'static str = "default";

    fn unique_key(&self) -> Option<String> {
        Some("all".to_owned())
    }
}
