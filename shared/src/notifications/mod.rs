//! Emails that wait in the outbox.
//!
//! An outbox row is written by the transaction of the event that it tells of,
//! once per (event, recipient, template). The row's status says how far it got:
//!
//! - `pending`: not tried, or certainly not accepted yet;
//! - `sending`: a worker is talking to the mail server, or died while it was;
//! - `sent`: accepted;
//! - `unknown`: perhaps accepted, and not to be sent again;
//! - `dead`: refused for good, or given up.

pub mod db;
pub mod tasks;

use sqlx::PgConnection;
use uuid::Uuid;

use crate::{mail::Template, queue};
use tasks::SendEmail;

/// Promises `user_id` one mail about the event, as part of the caller's
/// transaction. Asking twice for the same one changes nothing.
pub async fn queue_email(
    conn: &mut PgConnection,
    event_id: Uuid,
    user_id: Uuid,
    template: Template,
) -> Result<(), sqlx::Error> {
    if let Some(email_id) = db::insert(conn, event_id, user_id, template).await? {
        queue::enqueue(conn, &SendEmail { email_id }).await?;
    }
    Ok(())
}
