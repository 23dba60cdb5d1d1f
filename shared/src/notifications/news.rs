//! What the notification centre says of an event, from the facts that the mail about
//! it has too. The words are those of the moment: later changes do not change them.

use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use super::Kind;
use crate::{
    Result,
    alerts::emails::{DeliveryFacts, delivery_facts},
    applications::{
        ApplicationStatus,
        emails::{MoveFacts, move_facts},
    },
    imports::emails::{FinishedFacts, finished_facts},
    jobs::emails::{ExpiredFacts, expired_facts},
    messages::emails::{MessageFacts, message_facts},
    verification::emails::{DecisionFacts, decision_facts},
};

const MAX_TITLE: usize = 200;
const MAX_MESSAGE: usize = 2_000;

/// One line of the notification centre.
#[derive(Clone, Debug, PartialEq)]
pub struct News {
    pub kind: Kind,
    pub title: String,
    /// May be empty.
    pub message: String,
    /// Ids and words for programs; an object.
    pub data: Value,
    /// Path of the thing that it is about, on this site.
    pub action_url: Option<String>,
}

impl News {
    /// Cuts what is longer than the centre shows.
    pub fn new(
        kind: Kind,
        title: impl AsRef<str>,
        message: impl AsRef<str>,
        data: Value,
        action_url: Option<String>,
    ) -> Self {
        Self {
            kind,
            title: cut(title.as_ref(), MAX_TITLE),
            message: cut(message.as_ref(), MAX_MESSAGE),
            data,
            action_url,
        }
    }
}

/// `None` when the event is gone, with what it was about.
pub(super) async fn of(
    conn: &mut PgConnection,
    kind: Kind,
    event_id: Uuid,
) -> Result<Option<News>> {
    Ok(match kind {
        Kind::ApplicationReceived
        | Kind::ApplicationStatusChanged
        | Kind::ApplicationWithdrawn
        | Kind::OfferAccepted => move_facts(conn, event_id)
            .await?
            .map(|facts| of_move(kind, &facts)),
        Kind::MessageReceived => message_facts(conn, event_id)
            .await?
            .map(|facts| of_message(&facts)),
        Kind::JobExpired => expired_facts(conn, event_id)
            .await?
            .map(|facts| of_expiry(&facts)),
        Kind::ImportFinished => finished_facts(conn, event_id)
            .await?
            .map(|facts| of_import(&facts)),
        Kind::VerificationDecided => decision_facts(conn, event_id)
            .await?
            .map(|facts| of_decision(&facts)),
        Kind::PasswordChanged => Some(News::new(
            kind,
            "Your password was changed",
            "If that was not you, ask for a new password at once.",
            json!({}),
            None,
        )),
        Kind::JobAlert => delivery_facts(conn, event_id)
            .await?
            .map(|facts| of_alert(&facts)),
        // Written for many accounts at once, by the run that makes them.
        Kind::RecommendationsReady => None,
    })
}

fn of_move(kind: Kind, facts: &MoveFacts) -> News {
    let (job, company) = (&facts.job_title, &facts.company_name);
    let who = match facts.applicant_name.as_str() {
        "" => "A job seeker",
        name => name,
    };
    let (title, message) = match kind {
        Kind::ApplicationReceived => (format!("{who} has applied for {job}"), ""),
        Kind::ApplicationWithdrawn => {
            (format!("{who} has withdrawn the application for {job}"), "")
        }
        Kind::OfferAccepted => (format!("{who} has accepted your offer: {job}"), ""),
        _ => (
            status_title(facts.status, job, company),
            facts.message.as_str(),
        ),
    };
    let data = json!({
        "application_id": facts.application_id,
        "status": facts.status,
        "job_title": job,
        "company_name": company,
    });
    let url = format!("/api/applications/{}/", facts.application_id);
    News::new(kind, title, message, data, Some(url))
}

fn status_title(status: ApplicationStatus, job: &str, company: &str) -> String {
    match status {
        ApplicationStatus::Reviewing => format!("{company} is reading your application for {job}"),
        ApplicationStatus::Shortlisted => {
            format!("You are on the shortlist for {job} at {company}")
        }
        ApplicationStatus::Interviewing => {
            format!("{company} would like to interview you for {job}")
        }
        ApplicationStatus::Offered => format!("An offer from {company}: {job}"),
        ApplicationStatus::Accepted => format!("It is settled: {job} at {company}"),
        ApplicationStatus::Rejected => {
            format!("{company} does not go on with your application for {job}")
        }
        ApplicationStatus::Pending | ApplicationStatus::Withdrawn => {
            format!("Your application for {job} at {company}")
        }
    }
}

fn of_message(facts: &MessageFacts) -> News {
    let who = match (facts.by_applicant, facts.applicant_name.as_str()) {
        (false, _) => facts.company_name.as_str(),
        (true, "") => "A job seeker",
        (true, name) => name,
    };
    let id = facts.application_id;
    News::new(
        Kind::MessageReceived,
        format!("{who} has written to you: {}", facts.job_title),
        &facts.excerpt,
        json!({
            "application_id": id,
            "number": facts.number,
            "job_title": facts.job_title,
            "company_name": facts.company_name,
        }),
        Some(format!("/api/messages/{id}/messages/")),
    )
}

fn of_expiry(facts: &ExpiredFacts) -> News {
    News::new(
        Kind::JobExpired,
        format!("Your job has expired: {}", facts.job_title),
        match facts.waiting {
            0 => String::new(),
            1 => "1 person is still waiting for an answer.".to_owned(),
            n => format!("{n} people are still waiting for an answer."),
        },
        json!({"job_id": facts.job_id, "job_title": facts.job_title, "waiting": facts.waiting}),
        Some(format!("/api/jobs/{}/", facts.job_id)),
    )
}

fn of_import(facts: &FinishedFacts) -> News {
    let (title, message) = match &facts.error {
        Some(error) => ("Your import could not be read".to_owned(), error.clone()),
        None => (
            format!("Your import is finished: {} rows", facts.rows),
            format!(
                "{} new, {} updated, {} duplicates, {} with errors",
                facts.created, facts.updated, facts.duplicates, facts.failed
            ),
        ),
    };
    News::new(
        Kind::ImportFinished,
        title,
        message,
        json!({
            "import_id": facts.import_id,
            "rows": facts.rows,
            "created": facts.created,
            "updated": facts.updated,
            "duplicates": facts.duplicates,
            "failed": facts.failed,
        }),
        Some(format!("/api/imports/{}/", facts.import_id)),
    )
}

fn of_decision(facts: &DecisionFacts) -> News {
    let who = facts
        .company_name
        .as_deref()
        .map_or("Your account", |name| name);
    let title = match (facts.is_verified, facts.was_verified) {
        (true, _) => format!("{who} is verified"),
        (false, true) => format!("{who} is no longer verified"),
        (false, false) => format!("{who} could not be verified"),
    };
    News::new(
        Kind::VerificationDecided,
        title,
        facts.reason.as_deref().unwrap_or_default(),
        json!({"is_verified": facts.is_verified, "company_name": facts.company_name}),
        Some("/api/employers/profile/".to_owned()),
    )
}

fn of_alert(facts: &DeliveryFacts) -> News {
    let first = format!("{} at {}", facts.first_title, facts.first_company);
    let names: Vec<_> = facts.alerts.iter().map(|alert| &*alert.name).collect();
    let ids: Vec<_> = facts.alerts.iter().map(|alert| alert.alert_id).collect();
    News::new(
        Kind::JobAlert,
        match facts.jobs {
            1 => format!("A new job: {first}"),
            jobs => format!("{jobs} new jobs, the first of them {first}"),
        },
        format!("Of your alerts: {}", names.join(", ")),
        json!({"jobs": facts.jobs, "alert_ids": ids}),
        Some("/api/alerts/".to_owned()),
    )
}

/// At most `max` characters, of which the last tells that there were more.
fn cut(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let kept: String = text.chars().take(max - 1).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_is_cut_at_a_character() {
        let news = News::new(
            Kind::JobExpired,
            "ü".repeat(300),
            "x".repeat(2_000),
            json!({}),
            None,
        );
        assert_eq!(news.title.chars().count(), 200);
        assert!(news.title.ends_with("ü…"));
        assert_eq!(news.message.chars().count(), 2_000);
    }
}
