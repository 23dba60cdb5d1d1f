//! The notification centre: what an account is told where it is signed in.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Kind, NotificationType, db::centre, news};
use crate::{
    Error, Result,
    mail::Template,
    pagination::{Paging, Slice},
};

/// A line of an account's notification centre.
#[derive(Clone, Debug, PartialEq)]
pub struct Notification {
    pub id: Uuid,
    /// Counts the account's notifications in the order in which they were committed.
    pub number: i64,
    pub notification_type: NotificationType,
    /// What happened; a newer version may have stored one that this does not know.
    pub kind: String,
    pub title: String,
    pub message: String,
    pub data: Value,
    pub action_url: Option<String>,
    pub is_read: bool,
    /// It has reached a connected client, or its mail has left.
    pub is_sent: bool,
    /// The mail about it was accepted by the mail server.
    pub is_email_sent: bool,
    pub created_at: DateTime<Utc>,
    pub read_at: Option<DateTime<Utc>>,
    pub sent_at: Option<DateTime<Utc>>,
}

/// Which notifications are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NotificationFilter {
    /// Unread or read ones only.
    pub is_read: Option<bool>,
    pub notification_type: Option<NotificationType>,
}

/// Tells `user_id` of the event, as part of the caller's transaction: a line in the
/// notification centre, where there is one for it, and a mail. Telling the same
/// twice changes nothing.
///
/// Belongs at the end of the transaction: until that ends, nobody else can tell the
/// account anything, which is what keeps its numbers in order.
pub async fn tell(
    conn: &mut PgConnection,
    event_id: Uuid,
    user_id: Uuid,
    template: Template,
) -> Result<()> {
    super::queue_email(conn, event_id, user_id, template).await?;
    match Kind::beside(template) {
        Some(kind) => note(conn, event_id, user_id, kind).await,
        None => Ok(()),
    }
}

/// The line in the notification centre alone, under the same conditions as [`tell`].
pub async fn note(
    conn: &mut PgConnection,
    event_id: Uuid,
    user_id: Uuid,
    kind: Kind,
) -> Result<()> {
    if let Some(news) = news::of(conn, kind, event_id).await? {
        centre::insert(conn, user_id, event_id, &news).await?;
    }
    Ok(())
}

/// Newest first.
pub async fn list(
    conn: &mut PgConnection,
    user_id: Uuid,
    filter: NotificationFilter,
    paging: &Paging<i64>,
) -> Result<Slice<Notification, i64>> {
    centre::list(conn, user_id, filter, paging).await
}

pub async fn get(conn: &mut PgConnection, user_id: Uuid, id: Uuid) -> Result<Notification> {
    centre::get(conn, user_id, id)
        .await?
        .ok_or(Error::NotFound("notification"))
}

pub async fn count_unread(conn: &mut PgConnection, user_id: Uuid) -> Result<i64> {
    centre::count_unread(conn, user_id).await
}

/// Marks one as read; the second time changes nothing.
pub async fn read(conn: &mut PgConnection, user_id: Uuid, id: Uuid) -> Result<Notification> {
    centre::mark_read(conn, user_id, id).await?;
    get(conn, user_id, id).await
}

/// Marks all as read up to this number, or all that there are; gives how many were
/// not.
pub async fn read_all(conn: &mut PgConnection, user_id: Uuid, up_to: Option<i64>) -> Result<u64> {
    centre::mark_all_read(conn, user_id, up_to).await
}

pub async fn remove(conn: &mut PgConnection, user_id: Uuid, id: Uuid) -> Result<()> {
    if centre::remove(conn, user_id, id).await? {
        Ok(())
    } else {
        Err(Error::NotFound("notification"))
    }
}

/// Tells job seekers that new jobs fit them, so many each; nobody twice within a day
/// or while the last such line is unread. In the order of the accounts, so that two
/// such calls cannot wait for each other.
pub async fn tell_of_recommendations(conn: &mut PgConnection, new: &[(Uuid, i64)]) -> Result<u64> {
    centre::insert_recommendations_ready(conn, new).await
}
