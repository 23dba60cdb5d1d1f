//! Messages as clients see them.

use chrono::{DateTime, Utc};
use jobboard_shared::{
    applications::Side,
    messages::{Message, Thread, reports},
};
use poem_openapi::{Enum, Object};
use uuid::Uuid;

#[derive(Clone, Copy, Debug, Enum)]
#[oai(rename = "MessageSide", rename_all = "snake_case", remote = "Side")]
pub(crate) enum SideName {
    Applicant,
    /// The job's employer, or a colleague
    Employer,
}

/// The messages about an application, as one of its sides sees them
#[derive(Debug, Object)]
pub(super) struct MessageThread {
    application_id: Uuid,
    job_id: Uuid,
    job_title: String,
    company_name: String,
    /// May be empty
    applicant_name: String,
    /// The number of the newest message; 0: there is none
    last_number: i64,
    last_message_at: Option<DateTime<Utc>>,
    /// Messages of the other side that the account has not read
    unread: i64,
    /// The number up to which the account has read
    read_up_to: i64,
    /// The number up to which somebody of the other side has read
    other_read_up_to: i64,
    other_read_at: Option<DateTime<Utc>>,
    /// Whether the own side has blocked the other
    is_blocked: bool,
}

impl From<Thread> for MessageThread {
    fn from(thread: Thread) -> Self {
        Self {
            application_id: thread.application_id,
            job_id: thread.job_id,
            job_title: thread.job_title,
            company_name: thread.company_name,
            applicant_name: thread.applicant_name,
            last_number: thread.last_number,
            last_message_at: thread.last_message_at,
            unread: thread.unread,
            read_up_to: thread.read_up_to,
            other_read_up_to: thread.other_read_up_to,
            other_read_at: thread.other_read_at,
            is_blocked: thread.is_blocked,
        }
    }
}

/// A message
#[derive(Debug, Object)]
#[oai(rename = "Message")]
pub(super) struct MessageView {
    id: Uuid,
    application_id: Uuid,
    /// Counts the messages of the thread
    number: i64,
    side: SideName,
    /// Whether the account itself wrote it
    is_own: bool,
    /// May be empty
    sender_name: String,
    /// Empty once an administrator has removed it
    body: String,
    is_removed: bool,
    created_at: DateTime<Utc>,
}

impl MessageView {
    pub(super) fn of(message: Message, reader: Uuid) -> Self {
        Self {
            id: message.id,
            application_id: message.application_id,
            number: message.number,
            side: message.side.into(),
            is_own: message.sender_id == Some(reader),
            sender_name: message.sender_name,
            body: message.body,
            is_removed: message.is_removed,
            created_at: message.created_at,
        }
    }
}

/// A message to the other side
#[derive(Debug, Object)]
pub(super) struct MessageInput {
    #[oai(validator(min_length = 1, max_length = 5000))]
    pub(super) body: String,
}

/// How far the account has read
#[derive(Debug, Object)]
pub(super) struct MessagesReadInput {
    /// The number of the newest message that the reader has seen
    #[oai(validator(minimum(value = "0")))]
    pub(super) up_to: i64,
}

/// What is wrong with a message
#[derive(Debug, Object)]
pub(super) struct MessageReportInput {
    #[oai(validator(min_length = 1, max_length = 2000))]
    pub(super) reason: String,
}

#[derive(Clone, Copy, Debug, Enum)]
#[oai(
    rename = "MessageReportOutcome",
    rename_all = "snake_case",
    remote = "reports::Outcome"
)]
pub(super) enum OutcomeName {
    /// The message stays
    Dismissed,
    /// Nobody reads the message any more
    Removed,
}

/// A message that somebody finds wrong
#[derive(Debug, Object)]
pub(super) struct MessageReport {
    id: Uuid,
    message_id: Uuid,
    application_id: Uuid,
    /// Of the message in its thread
    number: i64,
    side: SideName,
    /// Null, if the account is gone
    sender_id: Option<Uuid>,
    /// What was written
    body: String,
    reporter_id: Uuid,
    reason: String,
    created_at: DateTime<Utc>,
    closed_at: Option<DateTime<Utc>>,
    closed_by: Option<Uuid>,
    /// Null while it is open
    outcome: Option<OutcomeName>,
}

impl From<reports::Report> for MessageReport {
    fn from(report: reports::Report) -> Self {
        Self {
            id: report.id,
            message_id: report.message_id,
            application_id: report.application_id,
            number: report.number,
            side: report.side.into(),
            sender_id: report.sender_id,
            body: report.body,
            reporter_id: report.reporter_id,
            reason: report.reason,
            created_at: report.created_at,
            closed_at: report.closed_at,
            closed_by: report.closed_by,
            outcome: report.outcome.map(Into::into),
        }
    }
}

/// What is decided about a report
#[derive(Debug, Object)]
pub(super) struct MessageReportDecision {
    pub(super) outcome: OutcomeName,
}
