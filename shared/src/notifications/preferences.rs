//! What accounts want to be told, and where.

use sqlx::PgConnection;
use uuid::Uuid;

use super::{NotificationType, db::preferences};
use crate::Result;

/// Where an account is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, sqlx::Type)]
#[sqlx(type_name = "notification_channel", rename_all = "snake_case")]
pub enum Channel {
    /// The notification centre and live connections.
    InApp,
    Email,
}

/// One type on one channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    pub notification_type: NotificationType,
    pub channel: Channel,
    pub is_wanted: bool,
}

impl Choice {
    /// Everything is wanted until somebody says otherwise.
    pub fn defaults() -> impl Iterator<Item = Self> {
        NotificationType::ALL
            .into_iter()
            .flat_map(|notification_type| {
                [Channel::InApp, Channel::Email].map(|channel| Self {
                    notification_type,
                    channel,
                    is_wanted: true,
                })
            })
    }
}

/// Every type on every channel.
pub async fn choices(conn: &mut PgConnection, user_id: Uuid) -> Result<Vec<Choice>> {
    let chosen = preferences::list(conn, user_id).await?;
    Ok(Choice::defaults()
        .map(|default| {
            chosen
                .iter()
                .copied()
                .find(|chosen| {
                    chosen.notification_type == default.notification_type
                        && chosen.channel == default.channel
                })
                .unwrap_or(default)
        })
        .collect())
}

pub async fn choose(conn: &mut PgConnection, user_id: Uuid, choices: &[Choice]) -> Result<()> {
    preferences::set(conn, user_id, choices).await
}

/// No more mails of this type to the account, those that are queued included. The
/// second time changes nothing, and neither does it for an account that is gone.
pub async fn unsubscribe(
    conn: &mut PgConnection,
    user_id: Uuid,
    notification_type: NotificationType,
) -> Result<()> {
    let choice = Choice {
        notification_type,
        channel: Channel::Email,
        is_wanted: false,
    };
    preferences::set(conn, user_id, &[choice]).await
}

/// Whether mails of this type go to the account.
pub async fn wants_mail(
    conn: &mut PgConnection,
    user_id: Uuid,
    notification_type: NotificationType,
) -> Result<bool> {
    preferences::wants(conn, user_id, notification_type, Channel::Email).await
}
