//! Every kind of mail there is.

use std::{fmt, str::FromStr};

/// What a mail says. Its name is stored in the outbox and names its
/// files in `templates/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Template {
    /// To the applicant: the application has arrived.
    ApplicationConfirmation,
    /// To the employer: somebody has applied.
    ApplicationReceived,
    /// To the applicant: the employer has moved the application.
    ApplicationStatusChanged,
    /// To the employer: the applicant has withdrawn.
    ApplicationWithdrawn,
    /// To the employer: the applicant has accepted the offer.
    OfferAccepted,
    /// To whoever has not read a message of the other side of an application.
    MessageReceived,
    /// To the employer: the job has expired and is closed.
    JobExpired,
    /// To whoever uploaded the file.
    ImportFinished,
    /// To the account: here is how to choose another password.
    PasswordReset,
    /// To the account: it has another password.
    PasswordChanged,
    /// To the account's address: confirm that it is yours.
    EmailVerification,
    /// To the address that the account had before.
    EmailChanged,
    /// To the account that an administrator made: choose a password.
    AccountCreated,
    /// To the employer: an administrator has verified or refused them or their
    /// company.
    VerificationDecided,
    /// To the job seeker: new jobs match alerts, some of which tell at once.
    JobAlert,
    /// To the job seeker: the new jobs of a day or week that match alerts.
    JobDigest,
    /// To the employer: what became of the jobs in a week.
    EmployerSummary,
    /// To administrators: background tasks have died.
    DeadTasks,
}

impl Template {
    pub const ALL: [Self; 18] = [
        Self::ApplicationConfirmation,
        Self::ApplicationReceived,
        Self::ApplicationStatusChanged,
        Self::ApplicationWithdrawn,
        Self::OfferAccepted,
        Self::MessageReceived,
        Self::JobExpired,
        Self::ImportFinished,
        Self::PasswordReset,
        Self::PasswordChanged,
        Self::EmailVerification,
        Self::EmailChanged,
        Self::AccountCreated,
        Self::VerificationDecided,
        Self::JobAlert,
        Self::JobDigest,
        Self::EmployerSummary,
        Self::DeadTasks,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::ApplicationConfirmation => "application_confirmation",
            Self::ApplicationReceived => "application_received",
            Self::ApplicationStatusChanged => "application_status_changed",
            Self::ApplicationWithdrawn => "application_withdrawn",
            Self::OfferAccepted => "offer_accepted",
            Self::MessageReceived => "message_received",
            Self::JobExpired => "job_expired",
            Self::ImportFinished => "import_finished",
            Self::PasswordReset => "password_reset",
            Self::PasswordChanged => "password_changed",
            Self::EmailVerification => "email_verification",
            Self::EmailChanged => "email_changed",
            Self::AccountCreated => "account_created",
            Self::VerificationDecided => "verification_decided",
            Self::JobAlert => "job_alert",
            Self::JobDigest => "job_digest",
            Self::EmployerSummary => "employer_summary",
            Self::DeadTasks => "dead_tasks",
        }
    }

    /// Whether a mail that may or may not have arrived is sent once more, as the
    /// same mail (its Message-ID stays): where missing it is worse than reading it
    /// twice. One that is not stays `unknown`, for the operator to decide.
    ///
    /// | kind | repeated |
    /// |---|---|
    /// | security: confirm an address, reset or changed password, changed address | yes |
    /// | what somebody waits for: applications and their moves, verification | yes |
    /// | messages: they are on the site | no |
    /// | digests, alerts, reports: the next one, or the site, says it too | no |
    pub const fn repeats_when_unknown(self) -> bool {
        match self {
            Self::ApplicationConfirmation
            | Self::ApplicationReceived
            | Self::ApplicationStatusChanged
            | Self::ApplicationWithdrawn
            | Self::OfferAccepted
            | Self::PasswordReset
            | Self::PasswordChanged
            | Self::EmailVerification
            | Self::EmailChanged
            | Self::AccountCreated
            | Self::VerificationDecided => true,
            Self::MessageReceived
            | Self::JobExpired
            | Self::ImportFinished
            | Self::JobAlert
            | Self::JobDigest
            | Self::EmployerSummary
            | Self::DeadTasks => false,
        }
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[derive(Debug, thiserror::Error)]
#[error("no such mail template: {0}")]
pub struct UnknownTemplate(String);

impl FromStr for Template {
    type Err = UnknownTemplate;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|template| template.name() == name)
            .ok_or_else(|| UnknownTemplate(name.to_owned()))
    }
}
