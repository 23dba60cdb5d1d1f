//! What accounts are told: lines in the notification centre, and emails that wait in
//! the outbox. [`tell`] writes both.
//!
//! An outbox row is written by the transaction of the event that it tells of,
//! once per (event, recipient, template). The row's status says how far it got:
//!
//! - `pending`: not tried, or certainly not accepted yet;
//! - `sending`: the mail's content is under way, or a worker died while it was;
//! - `sent`: accepted;
//! - `unknown`: perhaps accepted; sent once more if its template repeats;
//! - `skipped`: not needed any more when its turn came;
//! - `dead`: refused for good, or given up ([`db::DeadReason`]).
//!
//! A row and the task that sends it live together: a row whose task is gone is
//! given up by a sweep, and sent after all if the task is brought back.

mod centre;
pub mod db;
mod kind;
mod news;
pub mod preferences;
mod reports;
pub mod tasks;
mod unsubscribe;

use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use crate::{
    mail::Template,
    queue::{self, TaskId},
};
use db::EmailStatus;
use tasks::SendEmail;

pub use centre::{
    Notification, NotificationFilter, count_unread, get, list, note, read, read_all, remove, tell,
    tell_of_recommendations,
};
pub use kind::{Kind, NotificationType};
pub use news::News;
pub use reports::{MailReport, Taken, Trouble, take as take_report};
pub use unsubscribe::{Stop, UnsubscribeKey};

/// Promises `user_id` one mail about the event, as part of the caller's
/// transaction, unless the account wants none of this type. Asking twice for the same
/// one changes nothing.
pub async fn queue_email(
    conn: &mut PgConnection,
    event_id: Uuid,
    user_id: Uuid,
    template: Template,
) -> Result<(), sqlx::Error> {
    if let Some(email_id) = db::insert(conn, event_id, user_id, template).await? {
        let task = queue::enqueue(conn, &SendEmail { email_id }).await?;
        db::set_task(conn, email_id, task).await?;
    }
    Ok(())
}

/// What became of an operator's wish to have a mail sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resend {
    Queued(TaskId),
    NotFound,
    /// It is on its way or has arrived: only `unknown` and `dead` mails are sent
    /// again.
    Not(EmailStatus),
    /// Its address is suppressed: lift that first.
    Suppressed,
}

/// Has an `unknown` or `dead` mail sent again, with the same Message-ID.
pub async fn resend_email(conn: &mut PgConnection, id: Uuid) -> Result<Resend, sqlx::Error> {
    let mut tx = conn.begin().await?;
    let resend = resend_locked(&mut tx, id).await?;
    // Committed also where nothing changed: the row must not stay locked.
    tx.commit().await?;
    Ok(resend)
}

async fn resend_locked(conn: &mut PgConnection, id: Uuid) -> Result<Resend, sqlx::Error> {
    let user_id = match db::lock(conn, id).await? {
        None => return Ok(Resend::NotFound),
        Some((EmailStatus::Unknown | EmailStatus::Dead, user_id)) => user_id,
        Some((status, _)) => return Ok(Resend::Not(status)),
    };
    if db::is_suppressed(conn, user_id).await? {
        return Ok(Resend::Suppressed);
    }
    let task = queue::enqueue(conn, &SendEmail { email_id: id }).await?;
    db::requeue(conn, id, task).await?;
    Ok(Resend::Queued(task))
}

/// The most rows that one sweep's statement takes.
const SWEEP_CHUNK: u16 = 1_000;

/// Gives up mails whose tasks are gone, and gives a task to those that never had
/// one that we know of. Gives up to a thousand of the former.
pub async fn sweep(conn: &mut PgConnection) -> Result<Vec<db::Swept>, sqlx::Error> {
    let swept = db::sweep_abandoned(conn, SWEEP_CHUNK).await?;
    let mut tx = conn.begin().await?;
    for email_id in db::take_tasks_missing(&mut tx, SWEEP_CHUNK).await? {
        let task = queue::enqueue(&mut tx, &SendEmail { email_id }).await?;
        db::set_task(&mut tx, email_id, task).await?;
    }
    tx.commit().await?;
    Ok(swept)
}
