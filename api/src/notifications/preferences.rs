//! What accounts want to be told, over HTTP.

use jobboard_shared::notifications::{
    NotificationType,
    preferences::{self, Channel, Choice},
};
use poem::web::Data;
use poem_openapi::{Object, OpenApi, payload::Json};

use crate::{App, auth::SignedIn, body::Strict, problem::Result, tags::Tag};

pub(crate) struct PreferencesApi;

/// Where notifications of one type go
#[derive(Clone, Copy, Debug, Object)]
struct Channels {
    /// Into the notification centre and to live connections
    in_app: bool,
    /// Mails that somebody waits for, as to reset a password, go out all the same
    email: bool,
}

/// Whether mails go out that nothing stands beside in the notification centre
#[derive(Clone, Copy, Debug, Object)]
struct MailAlone {
    email: bool,
}

/// What the account wants to be told, and where
#[derive(Clone, Copy, Debug, Object)]
struct NotificationPreferences {
    application_status: Channels,
    job_match: Channels,
    message: Channels,
    system: Channels,
    /// What employers get once a week
    summary: MailAlone,
}

impl NotificationPreferences {
    fn of(choices: &[Choice]) -> Self {
        let wants = |notification_type, channel| {
            !choices.iter().any(|choice| {
                choice.notification_type == notification_type
                    && choice.channel == channel
                    && !choice.is_wanted
            })
        };
        let channels = |notification_type| Channels {
            in_app: wants(notification_type, Channel::InApp),
            email: wants(notification_type, Channel::Email),
        };
        Self {
            application_status: channels(NotificationType::ApplicationStatus),
            job_match: channels(NotificationType::JobMatch),
            message: channels(NotificationType::Message),
            system: channels(NotificationType::System),
            summary: MailAlone {
                email: wants(NotificationType::Summary, Channel::Email),
            },
        }
    }

    fn choices(self) -> Vec<Choice> {
        let summary = Choice {
            notification_type: NotificationType::Summary,
            channel: Channel::Email,
            is_wanted: self.summary.email,
        };
        let rows = [
            (NotificationType::ApplicationStatus, self.application_status),
            (NotificationType::JobMatch, self.job_match),
            (NotificationType::Message, self.message),
            (NotificationType::System, self.system),
        ];
        rows.into_iter()
            .flat_map(|(notification_type, channels)| {
                [
                    (Channel::InApp, channels.in_app),
                    (Channel::Email, channels.email),
                ]
                .map(|(channel, is_wanted)| Choice {
                    notification_type,
                    channel,
                    is_wanted,
                })
            })
            .chain([summary])
            .collect()
    }
}

#[OpenApi(
    prefix_path = "/api/notifications/preferences",
    tag = "Tag::Notifications"
)]
impl PreferencesApi {
    /// Read what the account wants to be told
    #[oai(
        path = "/",
        method = "get",
        operation_id = "get_notification_preferences"
    )]
    async fn get(&self, app: Data<&App>, user: SignedIn) -> Result<Json<NotificationPreferences>> {
        let mut conn = app.db.acquire().await?;
        let choices = preferences::choices(&mut conn, user.user_id).await?;
        Ok(Json(NotificationPreferences::of(&choices)))
    }

    /// Choose what the account wants to be told
    ///
    /// Mails that are queued already are left out too.
    #[oai(
        path = "/",
        method = "put",
        operation_id = "replace_notification_preferences"
    )]
    async fn replace(
        &self,
        app: Data<&App>,
        user: SignedIn,
        body: Strict<NotificationPreferences>,
    ) -> Result<Json<NotificationPreferences>> {
        let mut tx = app.begin().await?;
        preferences::choose(&mut tx, user.user_id, &body.0.choices()).await?;
        let choices = preferences::choices(&mut tx, user.user_id).await?;
        tx.commit().await?;
        Ok(Json(NotificationPreferences::of(&choices)))
    }
}
