//! Made-up facts for every kind of mail, so that each can be looked at and tried
//! without the event that it tells of. Every branch of a template has a sample.

use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Template;
use crate::{
    alerts::emails::{AlertFacts, DeliveryFacts, JobFacts},
    applications::{ApplicationStatus, emails::MoveFacts},
    auth::emails::TokenFacts,
    imports::emails::FinishedFacts,
    jobs::emails::ExpiredFacts,
    messages::emails::UnreadFacts,
    summaries::{self, emails::SummaryFacts},
    verification::emails::DecisionFacts,
    warnings::emails::{DeadTasksFacts, KindFacts},
};

/// One case of a kind of mail.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Among all samples of all kinds.
    pub name: String,
    pub facts: Value,
}

/// At least one.
pub fn samples(template: Template) -> Vec<Sample> {
    match template {
        Template::ApplicationConfirmation => confirmations(),
        Template::ApplicationStatusChanged => moves(),
        Template::ApplicationReceived => vec![
            sample(template.name(), &of_move(ApplicationStatus::Pending)),
            sample(
                "application_received_nameless",
                &MoveFacts {
                    applicant_name: String::new(),
                    ..of_move(ApplicationStatus::Pending)
                },
            ),
        ],
        Template::ApplicationWithdrawn => {
            vec![sample(
                template.name(),
                &of_move(ApplicationStatus::Withdrawn),
            )]
        }
        Template::OfferAccepted => {
            vec![sample(
                template.name(),
                &of_move(ApplicationStatus::Accepted),
            )]
        }
        Template::MessageReceived => unread_messages(),
        Template::JobExpired => [0, 1, 2].map(expiry).into(),
        Template::ImportFinished => imports(),
        Template::PasswordReset | Template::EmailVerification | Template::AccountCreated => {
            let token = "AbC-_123".into();
            vec![sample(template.name(), &TokenFacts { token })]
        }
        Template::PasswordChanged | Template::EmailChanged => {
            vec![sample(template.name(), &json!({}))]
        }
        Template::VerificationDecided => decisions(),
        Template::JobAlert | Template::JobDigest => deliveries(template),
        Template::EmployerSummary => weeks(),
        Template::DeadTasks => warnings(),
    }
}

fn sample(name: impl Into<String>, facts: &impl Serialize) -> Sample {
    Sample {
        name: name.into(),
        facts: serde_json::to_value(facts).unwrap_or_default(),
    }
}

fn of_move(status: ApplicationStatus) -> MoveFacts {
    MoveFacts {
        application_id: Uuid::from_u128(7),
        job_title: "Painter & decorator".into(),
        company_name: "Brush <Brothers>".into(),
        sender_name: "Brush <Brothers>".into(),
        applicant_name: "Ana Example".into(),
        status,
        rejection_reason: None,
        message: String::new(),
        has_employer: true,
        external_url: None,
    }
}

fn confirmations() -> Vec<Sample> {
    let claimed = of_move(ApplicationStatus::Pending);
    let linked = MoveFacts {
        has_employer: false,
        external_url: Some("https://example.com/ad?id=7&from=here".into()),
        ..claimed.clone()
    };
    let unclaimed = MoveFacts {
        external_url: None,
        ..linked.clone()
    };
    vec![
        sample("application_confirmation", &claimed),
        sample("application_confirmation_linked", &linked),
        sample("application_confirmation_unclaimed", &unclaimed),
    ]
}

fn moves() -> Vec<Sample> {
    let plain = [
        ApplicationStatus::Reviewing,
        ApplicationStatus::Shortlisted,
        ApplicationStatus::Interviewing,
        ApplicationStatus::Offered,
        ApplicationStatus::Accepted,
        ApplicationStatus::Rejected,
    ];
    let plain = plain.into_iter().map(|status| {
        let name = format!("application_status_changed_{}", status.name());
        sample(name, &of_move(status))
    });
    let rejected = MoveFacts {
        rejection_reason: Some("We need somebody\nwith a driving licence.".into()),
        message: "Do apply again!".into(),
        ..of_move(ApplicationStatus::Rejected)
    };
    let name = "application_status_changed_rejected_with_reason";
    plain.chain([sample(name, &rejected)]).collect()
}

fn unread_messages() -> Vec<Sample> {
    let one = UnreadFacts {
        application_id: Uuid::from_u128(7),
        job_title: "Painter & decorator".into(),
        company_name: "Brush <Brothers>".into(),
        sender_name: "Brush <Brothers>".into(),
        applicant_name: "Ana Example".into(),
        by_applicant: false,
        excerpt: "When could you start?\n\nOr <call> me.".into(),
        unread: 1,
    };
    let several = UnreadFacts {
        by_applicant: true,
        unread: 3,
        ..one.clone()
    };
    vec![
        sample("message_received", &one),
        sample("message_received_several", &several),
    ]
}

fn deliveries(template: Template) -> Vec<Sample> {
    let job = |number: u128, title: &str| JobFacts {
        job_id: Uuid::from_u128(number),
        title: title.into(),
        company_name: "Brush <Brothers>".into(),
        location: "Berlin".into(),
        postings: 1,
    };
    let alert = AlertFacts {
        alert_id: Uuid::from_u128(20),
        name: "Painters & decorators".into(),
        stop_url: "https://jobs.example.com/unsubscribe/?token=def".into(),
        jobs: vec![job(21, "Painter & decorator")],
        more: 0,
    };
    let one = DeliveryFacts {
        alerts: vec![alert.clone()],
        jobs: 1,
        first_title: "Painter & decorator".into(),
        first_company: "Brush <Brothers>".into(),
    };
    let often = JobFacts {
        location: String::new(),
        postings: 3,
        ..job(22, "Plasterer")
    };
    let several = DeliveryFacts {
        alerts: vec![
            AlertFacts {
                jobs: vec![job(21, "Painter & decorator"), often],
                more: 4,
                ..alert.clone()
            },
            AlertFacts {
                name: "From home".into(),
                jobs: vec![job(23, "Colour <consultant>")],
                ..alert
            },
        ],
        jobs: 7,
        ..one.clone()
    };
    let name = template.name();
    vec![
        sample(name, &one),
        sample(format!("{name}_several"), &several),
    ]
}

fn weeks() -> Vec<Sample> {
    let busy = SummaryFacts {
        from: "2026-11-16".into(),
        to: "2026-11-22".into(),
        applications: 12,
        applications_before: 3,
        views: 340,
        views_before: 120,
        hires: 1,
        live_jobs: 4,
        waiting: 5,
        jobs: vec![summaries::emails::JobFacts {
            job_id: Uuid::from_u128(8),
            title: "Painter & decorator".into(),
            applications: 12,
        }],
    };
    let quiet = SummaryFacts {
        applications: 0,
        views: 1,
        jobs: vec![],
        ..busy.clone()
    };
    vec![
        sample("employer_summary", &busy),
        sample("employer_summary_quiet", &quiet),
    ]
}

fn warnings() -> Vec<Sample> {
    let kind = |kind: &str, reason: &str, count| KindFacts {
        kind: kind.into(),
        reason: reason.into(),
        count,
        of_all: 4,
    };
    let several = DeadTasksFacts {
        total: 4,
        kinds: vec![
            kind("mail.send", "attempts", 3),
            kind("imports.end", "gave_up", 1),
        ],
    };
    let one = DeadTasksFacts {
        total: 1,
        kinds: vec![kind("mail.send", "attempts", 1)],
    };
    vec![
        sample("dead_tasks", &several),
        sample("dead_tasks_one", &one),
    ]
}

fn expiry(waiting: i64) -> Sample {
    let facts = ExpiredFacts {
        job_id: Uuid::from_u128(8),
        job_title: "Painter & decorator".into(),
        company_name: "Brush <Brothers>".into(),
        waiting,
    };
    sample(format!("job_expired_{waiting}"), &facts)
}

fn imports() -> Vec<Sample> {
    let finished = FinishedFacts {
        import_id: Uuid::from_u128(9),
        rows: 1016,
        created: 1000,
        updated: 3,
        duplicates: 10,
        failed: 3,
        error: None,
    };
    let broken = FinishedFacts {
        rows: 0,
        created: 0,
        updated: 0,
        duplicates: 0,
        failed: 0,
        error: Some("line 1 is not UTF-8".into()),
        ..finished.clone()
    };
    vec![
        sample("import_finished", &finished),
        sample("import_failed", &broken),
    ]
}

fn decisions() -> Vec<Sample> {
    let company = DecisionFacts {
        company_name: Some("Brush <Brothers>".into()),
        is_verified: true,
        was_verified: false,
        reason: None,
    };
    let account = DecisionFacts {
        company_name: None,
        ..company.clone()
    };
    let refused = DecisionFacts {
        is_verified: false,
        reason: Some("We could not find you\nin the <register>.".into()),
        ..account.clone()
    };
    let taken_back = DecisionFacts {
        was_verified: true,
        ..refused.clone()
    };
    let company_refused = DecisionFacts {
        company_name: company.company_name.clone(),
        ..refused.clone()
    };
    vec![
        sample("verification_given", &company),
        sample("verification_given_account", &account),
        sample("verification_refused", &refused),
        sample("verification_refused_company", &company_refused),
        sample("verification_taken_back", &taken_back),
    ]
}
