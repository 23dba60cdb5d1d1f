//! What notifications are about.

use crate::mail::Template;

/// What an account chooses by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, sqlx::Type)]
#[sqlx(type_name = "notification_type", rename_all = "snake_case")]
pub enum NotificationType {
    ApplicationStatus,
    JobMatch,
    Message,
    System,
    /// What employers get once a week, by mail alone.
    Summary,
}

impl NotificationType {
    pub const ALL: [Self; 5] = [
        Self::ApplicationStatus,
        Self::JobMatch,
        Self::Message,
        Self::System,
        Self::Summary,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::ApplicationStatus => "application_status",
            Self::JobMatch => "job_match",
            Self::Message => "message",
            Self::System => "system",
            Self::Summary => "summary",
        }
    }
}

/// What happened. Its name is stored with the notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// To the employer: somebody has applied.
    ApplicationReceived,
    /// To the applicant: the employer has moved the application.
    ApplicationStatusChanged,
    /// To the employer: the applicant has withdrawn.
    ApplicationWithdrawn,
    /// To the employer: the applicant has accepted the offer.
    OfferAccepted,
    /// To the other side of an application: a message.
    MessageReceived,
    /// To the employer: the job has expired and is closed.
    JobExpired,
    /// To whoever uploaded the file.
    ImportFinished,
    /// To the employer: an administrator has verified or refused them.
    VerificationDecided,
    /// To the account: it has another password.
    PasswordChanged,
    /// To the job seeker: new jobs fit the profile.
    RecommendationsReady,
    /// To the job seeker: new jobs match an alert that tells at once.
    JobAlert,
}

impl Kind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::ApplicationReceived => "application_received",
            Self::ApplicationStatusChanged => "application_status_changed",
            Self::ApplicationWithdrawn => "application_withdrawn",
            Self::OfferAccepted => "offer_accepted",
            Self::MessageReceived => "message_received",
            Self::JobExpired => "job_expired",
            Self::ImportFinished => "import_finished",
            Self::VerificationDecided => "verification_decided",
            Self::PasswordChanged => "password_changed",
            Self::RecommendationsReady => "recommendations_ready",
            Self::JobAlert => "job_alert",
        }
    }

    pub const fn notification_type(self) -> NotificationType {
        match self {
            Self::ApplicationReceived
            | Self::ApplicationStatusChanged
            | Self::ApplicationWithdrawn
            | Self::OfferAccepted => NotificationType::ApplicationStatus,
            Self::RecommendationsReady | Self::JobAlert => NotificationType::JobMatch,
            Self::MessageReceived => NotificationType::Message,
            Self::JobExpired
            | Self::ImportFinished
            | Self::VerificationDecided
            | Self::PasswordChanged => NotificationType::System,
        }
    }

    /// What accounts choose mails of this template by; none where one is sent in any
    /// case, because somebody waits for it or must know.
    pub const fn of_mail(template: Template) -> Option<NotificationType> {
        match template {
            Template::ApplicationConfirmation => Some(NotificationType::ApplicationStatus),
            Template::JobDigest => Some(NotificationType::JobMatch),
            Template::EmployerSummary => Some(NotificationType::Summary),
            Template::DeadTasks => Some(NotificationType::System),
            Template::MessageReceived => Some(NotificationType::Message),
            Template::PasswordReset
            | Template::PasswordChanged
            | Template::EmailVerification
            | Template::EmailChanged
            | Template::AccountCreated => None,
            Template::ApplicationReceived
            | Template::ApplicationStatusChanged
            | Template::ApplicationWithdrawn
            | Template::OfferAccepted
            | Template::JobExpired
            | Template::ImportFinished
            | Template::VerificationDecided
            | Template::JobAlert => match Self::beside(template) {
                Some(kind) => Some(kind.notification_type()),
                None => None,
            },
        }
    }

    /// What the centre says beside a mail of this template; none where the reader did
    /// it themselves, or where the mail is all there is to it.
    pub const fn beside(template: Template) -> Option<Self> {
        match template {
            Template::ApplicationReceived => Some(Self::ApplicationReceived),
            Template::ApplicationStatusChanged => Some(Self::ApplicationStatusChanged),
            Template::ApplicationWithdrawn => Some(Self::ApplicationWithdrawn),
            Template::OfferAccepted => Some(Self::OfferAccepted),
            Template::JobExpired => Some(Self::JobExpired),
            Template::ImportFinished => Some(Self::ImportFinished),
            Template::VerificationDecided => Some(Self::VerificationDecided),
            Template::PasswordChanged => Some(Self::PasswordChanged),
            Template::JobAlert => Some(Self::JobAlert),
            // Told when it was written, long before its mail.
            Template::MessageReceived
            | Template::ApplicationConfirmation
            | Template::JobDigest
            | Template::EmployerSummary
            | Template::DeadTasks
            | Template::PasswordReset
            | Template::EmailVerification
            | Template::EmailChanged
            | Template::AccountCreated => None,
        }
    }
}
