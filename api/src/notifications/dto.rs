//! Notifications as clients see them.

use chrono::{DateTime, Utc};
use jobboard_shared::notifications::{Notification, NotificationFilter, NotificationType};
use poem_openapi::{Enum, Object};
use serde_json::Value;
use uuid::Uuid;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(
    rename = "NotificationType",
    rename_all = "snake_case",
    remote = "NotificationType"
)]
pub(crate) enum TypeName {
    /// Applications that arrive, move or end
    ApplicationStatus,
    /// Jobs that fit
    JobMatch,
    /// Messages between employer and applicant
    Message,
    /// The account and the own jobs and imports
    System,
    /// Summaries come by mail alone: no notification has this type
    Summary,
}

/// A line of the notification centre
#[derive(Debug, Object)]
#[oai(rename = "Notification")]
pub(crate) struct NotificationView {
    id: Uuid,
    /// Counts the account's notifications in the order in which they were committed;
    /// the id of the event on a live connection
    number: i64,
    notification_type: TypeName,
    /// What happened, for programs, as `application_received`
    kind: String,
    title: String,
    /// May be empty
    message: String,
    /// Ids and words of what it is about
    data: Value,
    /// Path of what it is about
    action_url: Option<String>,
    is_read: bool,
    /// It has reached a connected client, or its mail has left
    is_sent: bool,
    /// The mail about it was accepted by the mail server
    is_email_sent: bool,
    created_at: DateTime<Utc>,
    read_at: Option<DateTime<Utc>>,
    sent_at: Option<DateTime<Utc>>,
}

impl From<Notification> for NotificationView {
    fn from(found: Notification) -> Self {
        Self {
            id: found.id,
            number: found.number,
            notification_type: found.notification_type.into(),
            kind: found.kind,
            title: found.title,
            message: found.message,
            data: found.data,
            action_url: found.action_url,
            is_read: found.is_read,
            is_sent: found.is_sent,
            is_email_sent: found.is_email_sent,
            created_at: found.created_at,
            read_at: found.read_at,
            sent_at: found.sent_at,
        }
    }
}

/// How many notifications are unread
#[derive(Debug, Object)]
pub(super) struct UnreadCount {
    pub(super) count: i64,
}

/// Which notifications have been read
#[derive(Debug, Object)]
pub(super) struct ReadAllInput {
    /// The number of the newest that the reader has seen; left out: all
    #[oai(validator(minimum(value = "0")))]
    pub(super) up_to: Option<i64>,
}

/// How many notifications were unread and are read now
#[derive(Debug, Object)]
pub(super) struct ReadCount {
    pub(super) count: u64,
}

/// The filter and the name under which cursors of the list so filtered go.
pub(super) fn filter(
    is_read: Option<bool>,
    notification_type: Option<TypeName>,
) -> (NotificationFilter, String) {
    let filter = NotificationFilter {
        is_read,
        notification_type: notification_type.map(Into::into),
    };
    (filter, format!("notifications {filter:?}"))
}
