use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use super::db;
use crate::{Result, mail::Template, notifications::queue_email, queue::Task};

/// Mails an account about what it has not read in a thread, if it has not by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailUnread {
    pub application_id: Uuid,
    pub user_id: Uuid,
}

impl Task for MailUnread {
    const KIND: &'static str = "messages.mail_unread";
    const QUEUE: &'static str = "default";

    fn unique_key(&self) -> Option<String> {
        Some(format!("{} {}", self.application_id, self.user_id))
    }
}

/// One mail for all that is unread; nothing for what was read or mailed before. Belongs
/// in a transaction.
pub async fn mail_unread(conn: &mut PgConnection, task: MailUnread) -> Result<()> {
    let newest = db::take_unmailed(conn, task.application_id, task.user_id).await?;
    if let Some(message_id) = newest {
        queue_email(conn, message_id, task.user_id, Template::MessageReceived).await?;
    }
    Ok(())
}
