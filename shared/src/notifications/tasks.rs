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
    /// Longer than a slow mail server may take, so that the answer to a mail is
    /// still heard.
    const TIMEOUT: Duration = Duration::from_secs(120);
}
