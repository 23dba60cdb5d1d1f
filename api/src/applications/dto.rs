//! Applications over HTTP.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use jobboard_shared::Result;
use jobboard_shared::applications::{
    Application, ApplicationFilter, ApplicationMove, ApplicationStatus, Change, NewApplication,
    Side, screening::ScreeningAnswer,
};
use poem_openapi::{
    Enum, Object,
    types::{MaybeUndefined, MaybeUndefined::Undefined},
};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{
    jobs::questions::QuestionType,
    patch::{Nulls, emptied},
};

#[derive(Clone, Copy, Debug, Enum)]
#[oai(
    rename = "ApplicationStatus",
    rename_all = "snake_case",
    remote = "ApplicationStatus"
)]
pub(crate) enum StatusName {
    Pending,
    Reviewing,
    Shortlisted,
    Interviewing,
    Offered,
    Accepted,
    Rejected,
    Withdrawn,
}

/// An application.
#[derive(Debug, Object)]
#[oai(rename = "Application")]
pub(super) struct ApplicationView {
    id: Uuid,
    job_id: Uuid,
    job_title: String,
    company_name: String,
    applicant_id: Uuid,
    applicant_name: String,
    applicant_email: String,
    cover_letter: String,
    resume_url: Option<String>,
    /// As they were sent.
    answers: Value,
    /// The job's questions as they were when they were answered, with the answers.
    screening: Vec<ScreeningAnswerView>,
    status: StatusName,
    /// Where the reader may move it from here.
    next_statuses: Vec<StatusName>,
    rejection_reason: Option<String>,
    /// 1 to 5; shown to the employer only.
    #[oai(skip_serializing_if = "MaybeUndefined::is_undefined")]
    rating: MaybeUndefined<i16>,
    /// Shown to the employer only.
    #[oai(skip_serializing_if = "MaybeUndefined::is_undefined")]
    internal_notes: MaybeUndefined<String>,
    applied_at: DateTime<Utc>,
    /// When the employer first moved or rated it.
    reviewed_at: Option<DateTime<Utc>>,
    status_changed_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl ApplicationView {
    /// What this side may see.
    pub(super) fn of(application: Application, reader: Side) -> Self {
        let (rating, internal_notes) = match reader {
            Side::Applicant => (Undefined, Undefined),
            Side::Employer => (
                application
                    .rating
                    .map_or(MaybeUndefined::Null, MaybeUndefined::Value),
                MaybeUndefined::Value(application.internal_notes),
            ),
        };
        let next = if application.may_move {
            application.status.next(reader)
        } else {
            Vec::new()
        };
        Self {
            id: application.id,
            job_id: application.job_id,
            job_title: application.job_title,
            company_name: application.company_name,
            applicant_id: application.applicant_id,
            applicant_name: application.applicant_name,
            applicant_email: application.applicant_email,
            cover_letter: application.cover_letter,
            resume_url: application.resume_url,
            answers: application.answers,
            screening: application
                .screening
                .0
                .into_iter()
                .map(Into::into)
                .collect(),
            status: application.status.into(),
            next_statuses: next.into_iter().map(Into::into).collect(),
            rejection_reason: application.rejection_reason,
            rating,
            internal_notes,
            applied_at: application.applied_at,
            reviewed_at: application.reviewed_at,
            status_changed_at: application.status_changed_at,
            updated_at: application.updated_at,
        }
    }
}

/// A question as it was when it was answered, with the answer.
#[derive(Debug, Object)]
#[oai(rename = "ScreeningAnswer")]
struct ScreeningAnswerView {
    question_id: Uuid,
    question: String,
    r#type: QuestionType,
    /// Null, if it was left out.
    answer: Option<Value>,
}

impl From<ScreeningAnswer> for ScreeningAnswerView {
    fn from(answer: ScreeningAnswer) -> Self {
        Self {
            question_id: answer.question_id,
            question: answer.question,
            r#type: answer.r#type.into(),
            answer: Some(answer.answer).filter(|answer| !answer.is_null()),
        }
    }
}

#[derive(Clone, Copy, Debug, Enum)]
#[oai(rename = "ApplicationSide", rename_all = "snake_case", remote = "Side")]
enum SideName {
    Applicant,
    Employer,
}

/// A move of an application, on record.
#[derive(Debug, Object)]
#[oai(rename = "ApplicationMove")]
pub(super) struct ApplicationMoveView {
    id: Uuid,
    /// Null: it was sent.
    from_status: Option<StatusName>,
    to_status: StatusName,
    by: SideName,
    /// The account that moved it, null if it is gone; an applicant sees no account of
    /// the employer's.
    changed_by: Option<Uuid>,
    /// The mover's words to the other side.
    note: String,
    changed_at: DateTime<Utc>,
}

impl ApplicationMoveView {
    /// What this side may see.
    pub(super) fn of(step: ApplicationMove, reader: Side) -> Self {
        Self {
            id: step.id,
            from_status: step.from.map(Into::into),
            to_status: step.to.into(),
            by: step.by.into(),
            changed_by: step
                .changed_by
                .filter(|_| reader == Side::Employer || step.by == reader),
            note: step.note,
            changed_at: step.changed_at,
        }
    }
}

#[derive(Debug, Object)]
pub(super) struct ApplicationCreate {
    job_id: Uuid,
    #[oai(default, validator(max_length = 20_000))]
    cover_letter: String,
    /// Left out: the one of the profile.
    #[oai(validator(max_length = 2_000))]
    resume_url: Option<String>,
    /// Question id -> answer: a string, one of the options, a list of options, a
    /// boolean or a number, as the question's type says. A job without questions takes
    /// any answers.
    #[oai(default)]
    answers: HashMap<String, Value>,
}

impl ApplicationCreate {
    pub(super) fn parse(self) -> NewApplication {
        NewApplication {
            job_id: self.job_id,
            cover_letter: self.cover_letter,
            resume_url: self.resume_url,
            answers: object(self.answers),
        }
    }
}

/// Fields left out stay as they are, null clears. Applicants write the letter, the resume and
/// the answers while the application is pending, and may accept an offer or
/// withdraw; employers write the rest.
#[derive(Debug, Object)]
pub(super) struct ApplicationUpdate {
    #[oai(validator(max_length = 20_000))]
    cover_letter: MaybeUndefined<String>,
    #[oai(validator(max_length = 2_000))]
    resume_url: MaybeUndefined<String>,
    answers: MaybeUndefined<HashMap<String, Value>>,
    status: MaybeUndefined<StatusName>,
    /// Goes with the status `rejected`; the applicant reads it.
    #[oai(validator(max_length = 5_000))]
    rejection_reason: MaybeUndefined<String>,
    /// Goes with a new status; the applicant reads it in the email.
    #[oai(validator(max_length = 5_000))]
    message: Option<String>,
    #[oai(validator(minimum(value = "1"), maximum(value = "5")))]
    rating: MaybeUndefined<i16>,
    /// Never shown to the applicant.
    #[oai(validator(max_length = 20_000))]
    internal_notes: MaybeUndefined<String>,
}

impl ApplicationUpdate {
    pub(super) fn parse(self) -> Result<Change> {
        let mut nulls = Nulls::default();
        let change = Change {
            cover_letter: emptied(self.cover_letter),
            resume_url: self.resume_url.into(),
            answers: emptied(self.answers).map(object),
            status: nulls.refuse("status", self.status).map(Into::into),
            rejection_reason: self.rejection_reason.into(),
            message: self.message,
            rating: self.rating.into(),
            internal_notes: emptied(self.internal_notes),
        };
        nulls.finish()?;
        Ok(change)
    }
}

#[derive(Debug, Object)]
pub(super) struct ApplicationStatusUpdate {
    status: StatusName,
    /// Goes with the status `rejected`; the applicant reads it.
    #[oai(validator(max_length = 5_000))]
    rejection_reason: MaybeUndefined<String>,
    /// The applicant reads it in the email.
    #[oai(validator(max_length = 5_000))]
    message: Option<String>,
}

impl ApplicationStatusUpdate {
    pub(super) fn parse(self) -> Change {
        Change {
            rejection_reason: self.rejection_reason.into(),
            message: self.message,
            ..Change::of_status(self.status.into())
        }
    }
}

/// The filter and the name under which cursors of the list so filtered go.
pub(super) fn filter(
    job_id: Option<Uuid>,
    status: Option<StatusName>,
) -> (ApplicationFilter, String) {
    let filter = ApplicationFilter {
        job_id,
        status: status.map(Into::into),
    };
    let list = format!("applications {filter:?}");
    (filter, list)
}

fn object(fields: HashMap<String, Value>) -> Value {
    Value::Object(Map::from_iter(fields))
}
