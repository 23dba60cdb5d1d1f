use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use super::Operator;
use crate::{
    Error, Result,
    notifications::{self, Resend, db, db::EmailStatus},
    pagination::{Paging, Slice},
    queue::TaskId,
};

/// Which mails an operator has to decide about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsent {
    /// Perhaps delivered, and not tried again by itself.
    Unknown,
    /// Not delivered.
    Dead,
}

impl Unsent {
    pub const ALL: [Self; 2] = [Self::Unknown, Self::Dead];

    pub fn as_str(self) -> &'static str {
        EmailStatus::from(self).name()
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
}

impl From<Unsent> for EmailStatus {
    fn from(status: Unsent) -> Self {
        match status {
            Unsent::Unknown => Self::Unknown,
            Unsent::Dead => Self::Dead,
        }
    }
}

/// A mail that did not certainly arrive: no address, no words of it.
#[derive(Clone, Debug, Serialize)]
pub struct UnsentMail {
    pub id: Uuid,
    pub template: String,
    pub user_id: Uuid,
    /// Why it is dead.
    pub reason: Option<&'static str>,
    pub last_error: Option<String>,
    pub attempts: i32,
    /// How often an operator had it sent again.
    pub resends: i16,
    pub task_id: Option<i64>,
    pub created_at: DateTime<Utc>,
}

/// The newest first.
pub async fn unsent_mails(
    conn: &mut PgConnection,
    status: Unsent,
    paging: &Paging<Uuid>,
) -> Result<Slice<UnsentMail, Uuid>, sqlx::Error> {
    let limit = u16::try_from(paging.limit()).unwrap_or(u16::MAX);
    let after = paging.cursor().copied();
    let mails = db::list_unsent(conn, status.into(), after, limit).await?;
    let mails = mails
        .into_iter()
        .map(|mail| UnsentMail {
            id: mail.id,
            template: mail.template,
            user_id: mail.user_id,
            reason: mail.dead_reason.map(|reason| reason.name()),
            last_error: mail.last_error,
            attempts: mail.attempts,
            resends: mail.resends,
            task_id: mail.task_id,
            created_at: mail.created_at,
        })
        .collect();
    Ok(Slice::cut(mails, paging.size, None, |mail| mail.id))
}

/// Has a mail of the outbox sent again, which is `unknown` or `dead`, with the
/// same Message-ID. Gives the task that does it.
pub async fn resend_mail(conn: &mut PgConnection, by: Operator, id: Uuid) -> Result<TaskId> {
    match notifications::resend_email(conn, id).await? {
        Resend::Queued(task) => {
            tracing::info!(%by, mail = %id, tasks = %task, "mail is to be sent again");
            Ok(task)
        }
        Resend::NotFound => Err(Error::NotFound("mail")),
        Resend::Not(status) => Err(Error::conflict(
            "mail_status",
            format!(
                "only an unknown or dead mail can be sent again; this one is {}",
                status.name()
            ),
        )),
        Resend::Suppressed => Err(Error::conflict(
            "address_suppressed",
            "the address of this account is suppressed: lift that first",
        )),
    }
}
