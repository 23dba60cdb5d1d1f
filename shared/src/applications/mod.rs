//! Applications and their status workflow.

pub mod db;
pub mod emails;
mod moves;
pub mod screening;
mod workflow;

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

use crate::{
    Error, Result,
    employers::CompanyRole,
    jobs,
    mail::Template,
    notifications::tell,
    pagination::{Paging, Slice},
    rules::Rules,
    settings,
    trending::{self, SignalKind},
};

use screening::ScreeningAnswer;

pub use moves::{ApplicationMove, history};
pub use workflow::{ApplicationStatus, Side};

/// An application with what its readers need to know of its job and applicant.
#[derive(Clone, Debug, PartialEq)]
pub struct Application {
    pub id: Uuid,
    pub job_id: Uuid,
    pub applicant_id: Uuid,
    pub cover_letter: String,
    pub resume_url: Option<String>,
    /// Question -> answer.
    pub answers: Value,
    /// The questions of the job as they were when they were answered.
    pub screening: Json<Vec<ScreeningAnswer>>,
    pub status: ApplicationStatus,
    pub rejection_reason: Option<String>,
    /// The employer's, 1 to 5; not for the applicant's eyes, as `internal_notes`.
    pub rating: Option<i16>,
    pub internal_notes: String,
    pub applied_at: DateTime<Utc>,
    /// When the employer first moved or rated it.
    pub reviewed_at: Option<DateTime<Utc>>,
    pub status_changed_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub job_title: String,
    pub company_name: String,
    /// May be empty.
    pub applicant_name: String,
    pub applicant_email: String,
    /// Whether the role of whoever asks goes as far as moving it.
    pub may_move: bool,
}

/// What an applicant sends.
#[derive(Clone, Debug, PartialEq)]
pub struct NewApplication {
    pub job_id: Uuid,
    pub cover_letter: String,
    /// Absent: the one of the applicant's profile.
    pub resume_url: Option<String>,
    /// An object: question -> answer.
    pub answers: Value,
}

const MAX_LETTER: usize = 20_000;
const MAX_ANSWERS_BYTES: usize = 64 * 1024;
const MAX_MESSAGE: usize = 5_000;
const MAX_NOTES: usize = 20_000;

impl NewApplication {
    fn check(&self) -> Rules {
        let mut rules = Rules::new();
        rules.text("cover_letter", &self.cover_letter, MAX_LETTER);
        rules.url("resume_url", self.resume_url.as_deref());
        rules.object("answers", &self.answers, MAX_ANSWERS_BYTES);
        rules
    }
}

/// Who asks, and which applications exist for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asker {
    /// Their own.
    Applicant { user_id: Uuid },
    /// Those for the jobs of this profile, and of the companies that it works for.
    Employer { user_id: Uuid, profile_id: Uuid },
    /// All.
    Admin { user_id: Uuid },
}

impl Asker {
    pub fn user_id(self) -> Uuid {
        match self {
            Self::Applicant { user_id }
            | Self::Employer { user_id, .. }
            | Self::Admin { user_id } => user_id,
        }
    }

    pub fn side(self) -> Side {
        match self {
            Self::Applicant { .. } => Side::Applicant,
            Self::Employer { .. } | Self::Admin { .. } => Side::Employer,
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct ApplicationFilter {
    pub job_id: Option<Uuid>,
    pub status: Option<ApplicationStatus>,
}

/// Changes to an application; `None` leaves a field, an inner `None` empties it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Change {
    pub cover_letter: Option<String>,
    pub resume_url: Option<Option<String>>,
    pub answers: Option<Value>,
    pub status: Option<ApplicationStatus>,
    /// Goes with the status `rejected` alone.
    pub rejection_reason: Option<Option<String>>,
    /// Sent to the applicant with the mail about the move.
    pub message: Option<String>,
    pub rating: Option<Option<i16>>,
    pub internal_notes: Option<String>,
}

impl Change {
    pub fn of_status(status: ApplicationStatus) -> Self {
        Self {
            status: Some(status),
            ..Self::default()
        }
    }

    fn check(&self) -> Rules {
        let mut rules = Rules::new();
        let inner = |text: &Option<Option<String>>| text.clone().flatten();
        rules.optional_text("cover_letter", self.cover_letter.as_deref(), MAX_LETTER);
        rules.url("resume_url", inner(&self.resume_url).as_deref());
        if let Some(answers) = &self.answers {
            rules.object("answers", answers, MAX_ANSWERS_BYTES);
        }
        let reason = inner(&self.rejection_reason);
        rules.optional_text("rejection_reason", reason.as_deref(), MAX_MESSAGE);
        rules.optional_text("message", self.message.as_deref(), MAX_MESSAGE);
        rules.optional_text("internal_notes", self.internal_notes.as_deref(), MAX_NOTES);
        if self
            .rating
            .flatten()
            .is_some_and(|rating| !(1..=5).contains(&rating))
        {
            rules.refuse("rating", "out_of_range", "must be between 1 and 5");
        }
        rules
    }

    fn edits_letter(&self) -> bool {
        self.cover_letter.is_some() || self.resume_url.is_some() || self.answers.is_some()
    }

    /// Whether it takes more than a look: what the applicant is told of.
    fn moves(&self) -> bool {
        self.status.is_some() || self.message.is_some() || self.rejection_reason.is_some()
    }

    /// Refuses fields that are the other side's to write.
    fn check_fields(&self, side: Side) -> Result<()> {
        let of_employer = [
            ("rejection_reason", self.rejection_reason.is_some()),
            ("message", self.message.is_some()),
            ("rating", self.rating.is_some()),
            ("internal_notes", self.internal_notes.is_some()),
        ];
        let of_applicant = [
            ("cover_letter", self.cover_letter.is_some()),
            ("resume_url", self.resume_url.is_some()),
            ("answers", self.answers.is_some()),
        ];
        let (foreign, whose) = match side {
            Side::Applicant => (&of_employer[..], "employer"),
            Side::Employer => (&of_applicant[..], "applicant"),
        };
        let named: Vec<_> = foreign.iter().filter(|f| f.1).map(|f| f.0).collect();
        if named.is_empty() {
            return Ok(());
        }
        Err(Error::forbidden(
            "field_not_allowed",
            format!("only the {whose} can write {}", named.join(", ")),
        ))
    }
}

/// Applies for a live job. The applicant gets a mail, and whoever of the employer's side
/// is told of applications.
pub async fn apply(
    conn: &mut PgConnection,
    applicant_id: Uuid,
    new: &NewApplication,
) -> Result<Application> {
    let mut rules = new.check();
    check_daily_limit(conn, applicant_id).await?;
    let job = db::lock_job(conn, new.job_id)
        .await?
        .ok_or(Error::NotFound("job"))?;
    if !job.is_live {
        return Err(Error::conflict(
            "job_closed",
            "this job takes no applications any more",
        ));
    }
    let questions = jobs::db::questions::list(conn, new.job_id).await?;
    let screening = screening::check(&mut rules, &questions, &new.answers);
    rules.finish()?;
    let id = db::insert(conn, applicant_id, new, &screening).await?;
    let event_id =
        db::moves::insert(conn, id, applicant_id, None, ApplicationStatus::Pending, "").await?;
    db::count_for_job(conn, new.job_id).await?;
    db::mark_recommendations(conn, applicant_id, new.job_id).await?;
    trending::record(conn, new.job_id, SignalKind::Application).await?;
    tell(
        conn,
        event_id,
        applicant_id,
        Template::ApplicationConfirmation,
    )
    .await?;
    for user_id in db::employers_told(conn, new.job_id).await? {
        tell(conn, event_id, user_id, Template::ApplicationReceived).await?;
    }
    get(
        conn,
        Asker::Applicant {
            user_id: applicant_id,
        },
        id,
    )
    .await
}

/// Two at once count one after the other: the account is locked until the end of
/// the transaction.
async fn check_daily_limit(conn: &mut PgConnection, applicant_id: Uuid) -> Result<()> {
    const DAY: f64 = 86_400.0;
    let most = settings::load(conn).await?.max_applications_per_day;
    db::lock_applicant(conn, applicant_id).await?;
    match db::full_for(conn, applicant_id, most).await? {
        None => Ok(()),
        Some(seconds) => Err(Error::TooMany {
            code: "max_applications_per_day",
            message: format!("at most {most} applications in 24 hours"),
            // One that waited for the lock may have begun before the last of them.
            retry_after: Duration::from_secs_f64(seconds.clamp(1.0, DAY).ceil()),
        }),
    }
}

/// Not found where it does not exist for the asker.
pub async fn get(conn: &mut PgConnection, asker: Asker, id: Uuid) -> Result<Application> {
    db::get(conn, asker, id)
        .await?
        .ok_or(Error::NotFound("application"))
}

/// Newest first.
pub async fn list(
    conn: &mut PgConnection,
    asker: Asker,
    filter: &ApplicationFilter,
    paging: &Paging,
) -> Result<Slice<Application>> {
    db::list(conn, asker, filter, paging).await
}

/// Edits and moves an application. Setting the status that it has is no move: a
/// repeated request changes nothing and mails nobody.
pub async fn change(
    conn: &mut PgConnection,
    asker: Asker,
    id: Uuid,
    change: Change,
) -> Result<Application> {
    let side = asker.side();
    let mut application = db::lock(conn, asker, id)
        .await?
        .ok_or(Error::NotFound("application"))?;
    change.check_fields(side)?;
    if change.moves() && !application.may_move {
        CompanyRole::Reviewer.ensure(CompanyRole::Recruiter)?;
    }
    let mut rules = change.check();
    if let Some(answers) = &change.answers {
        let questions = jobs::db::questions::list(conn, application.job_id).await?;
        application.screening = Json(screening::check(&mut rules, &questions, answers));
    }
    rules.finish()?;
    let from = application.status;
    let to = change.status.unwrap_or(from);
    if to != from {
        from.check_move(to, side)?;
    }
    if change.edits_letter() && from != ApplicationStatus::Pending {
        return Err(Error::conflict(
            "already_in_review",
            "the employer has begun to read the application: it cannot be changed any more",
        ));
    }
    let message = change.message.clone().unwrap_or_default();
    if !message.is_empty() && to == from {
        return Err(Error::invalid(
            "message",
            "only_with_status",
            "a message goes with a new status",
        ));
    }
    assign(&mut application, to, change)?;
    db::update(conn, asker, &application).await?;
    if to != from {
        let event_id =
            db::moves::insert(conn, id, asker.user_id(), Some(from), to, &message).await?;
        let recipients = match side {
            Side::Employer => vec![application.applicant_id],
            Side::Applicant => db::employers_told(conn, application.job_id).await?,
        };
        for user_id in recipients {
            tell(conn, event_id, user_id, mail_about(to, side)).await?;
        }
    }
    get(conn, asker, id).await
}

fn assign(application: &mut Application, to: ApplicationStatus, change: Change) -> Result<()> {
    application.status = to;
    if let Some(letter) = change.cover_letter {
        application.cover_letter = letter;
    }
    if let Some(url) = change.resume_url {
        application.resume_url = url;
    }
    if let Some(answers) = change.answers {
        application.answers = answers;
    }
    if let Some(reason) = change.rejection_reason {
        application.rejection_reason = reason.filter(|reason| !reason.trim().is_empty());
    }
    if let Some(rating) = change.rating {
        application.rating = rating;
    }
    if let Some(notes) = change.internal_notes {
        application.internal_notes = notes;
    }
    if application.rejection_reason.is_some() && to != ApplicationStatus::Rejected {
        return Err(Error::invalid(
            "rejection_reason",
            "only_with_rejection",
            "a reason goes with the status rejected",
        ));
    }
    Ok(())
}

/// What the side that did not set this status is told.
fn mail_about(status: ApplicationStatus, mover: Side) -> Template {
    match (mover, status) {
        (Side::Employer, _) => Template::ApplicationStatusChanged,
        (Side::Applicant, ApplicationStatus::Accepted) => Template::OfferAccepted,
        (Side::Applicant, _) => Template::ApplicationWithdrawn,
    }
}
