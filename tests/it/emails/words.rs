//! Every mail, word for word.

use jobboard_shared::{
    alerts::emails::{AlertFacts, DeliveryFacts, JobFacts},
    applications::{ApplicationStatus, emails::MoveFacts},
    auth::emails::TokenFacts,
    imports::emails::FinishedFacts,
    jobs::emails::ExpiredFacts,
    mail::{Recipient, Rendered, Template, render},
    notifications::Kind,
    summaries::emails::{self, SummaryFacts},
    verification::emails::DecisionFacts,
    warnings::emails::{DeadTasksFacts, KindFacts},
};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

fn facts(status: ApplicationStatus) -> MoveFacts {
    MoveFacts {
        application_id: Uuid::from_u128(7),
        job_title: "Painter & decorator".into(),
        company_name: "Brush <Brothers>".into(),
        applicant_name: "Ana Example".into(),
        status,
        rejection_reason: None,
        message: String::new(),
        has_employer: true,
        external_url: None,
    }
}

fn rendered(template: Template, first_name: &str, facts: &impl Serialize) -> Rendered {
    let site = "https://jobs.example.com/".parse().unwrap();
    let recipient = Recipient {
        first_name: first_name.into(),
        unsubscribe_url: Kind::of_mail(template)
            .map(|_| "https://jobs.example.com/unsubscribe/?token=abc".to_owned()),
    };
    render(template, &site, &recipient, facts).unwrap()
}

fn check(name: &str, mail: &Rendered) {
    let part = |from: &str, to: &str| {
        let start = mail.html.find(from).expect("the part's beginning");
        &mail.html[start..mail.html.find(to).expect("the part's end") + to.len()]
    };
    let shown = format!(
        "Subject: {}\n\n{}\n==== HTML ====\n{}\n{}",
        mail.subject,
        mail.text,
        part("<title>", "</title>"),
        part("<main>", "</footer>"),
    );
    insta::with_settings!({
        snapshot_path => "../../snapshots",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, { insta::assert_snapshot!(format!("email_{name}"), shown) });
}

#[test]
fn to_the_applicant_on_applying() {
    let claimed = facts(ApplicationStatus::Pending);
    let linked = MoveFacts {
        has_employer: false,
        external_url: Some("https://example.com/ad?id=7&from=here".into()),
        ..claimed.clone()
    };
    let unclaimed = MoveFacts {
        external_url: None,
        ..linked.clone()
    };
    for (name, facts) in [
        ("application_confirmation", claimed),
        ("application_confirmation_linked", linked),
        ("application_confirmation_unclaimed", unclaimed),
    ] {
        check(
            name,
            &rendered(Template::ApplicationConfirmation, "Ana", &facts),
        );
    }
}

#[test]
fn to_the_applicant_on_a_move() {
    for status in [
        ApplicationStatus::Reviewing,
        ApplicationStatus::Shortlisted,
        ApplicationStatus::Interviewing,
        ApplicationStatus::Offered,
        ApplicationStatus::Accepted,
        ApplicationStatus::Rejected,
    ] {
        let mail = rendered(Template::ApplicationStatusChanged, "Ana", &facts(status));
        check(
            &format!("application_status_changed_{}", status.name()),
            &mail,
        );
    }
    let rejected = MoveFacts {
        rejection_reason: Some("We need somebody\nwith a driving licence.".into()),
        message: "Do apply again!".into(),
        ..facts(ApplicationStatus::Rejected)
    };
    let mail = rendered(Template::ApplicationStatusChanged, "", &rejected);
    check("application_status_changed_rejected_with_reason", &mail);
}

#[test]
fn to_the_employer() {
    for (template, status) in [
        (Template::ApplicationReceived, ApplicationStatus::Pending),
        (Template::ApplicationWithdrawn, ApplicationStatus::Withdrawn),
        (Template::OfferAccepted, ApplicationStatus::Accepted),
    ] {
        check(template.name(), &rendered(template, "Bo", &facts(status)));
    }
}

#[test]
fn to_the_employer_of_an_expired_job() {
    for waiting in [0, 1, 2] {
        let facts = ExpiredFacts {
            job_id: Uuid::from_u128(8),
            job_title: "Painter & decorator".into(),
            company_name: "Brush <Brothers>".into(),
            waiting,
        };
        check(
            &format!("job_expired_{waiting}"),
            &rendered(Template::JobExpired, "Bo", &facts),
        );
    }
}

#[test]
fn to_whoever_imported() {
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
    check(
        "import_finished",
        &rendered(Template::ImportFinished, "Bo", &finished),
    );
    check(
        "import_failed",
        &rendered(Template::ImportFinished, "Bo", &broken),
    );
}

#[test]
fn to_whom_an_account_belongs() {
    let token = TokenFacts {
        token: "AbC-_123".into(),
    };
    for template in [
        Template::PasswordReset,
        Template::EmailVerification,
        Template::AccountCreated,
    ] {
        check(template.name(), &rendered(template, "Ana", &token));
    }
    for template in [Template::PasswordChanged, Template::EmailChanged] {
        check(template.name(), &rendered(template, "Ana", &json!({})));
    }
}

#[test]
fn to_whoever_is_verified_or_not() {
    let company = DecisionFacts {
        company_name: Some("Brush <Brothers>".into()),
        is_verified: true,
        was_verified: false,
        reason: None,
    };
    let refused = DecisionFacts {
        company_name: None,
        is_verified: false,
        reason: Some("We could not find you\nin the <register>.".into()),
        ..company.clone()
    };
    let taken_back = DecisionFacts {
        was_verified: true,
        ..refused.clone()
    };
    for (name, facts) in [
        ("verification_given", company),
        ("verification_refused", refused),
        ("verification_taken_back", taken_back),
    ] {
        let mail = rendered(Template::VerificationDecided, "Bo", &facts);
        check(name, &mail);
    }
}

#[test]
fn to_the_job_seeker_of_new_jobs() {
    let job = |title: &str, location: &str, postings| JobFacts {
        job_id: Uuid::from_u128(10),
        title: title.into(),
        company_name: "Brush <Brothers>".into(),
        location: location.into(),
        postings,
    };
    let alert = |name: &str, jobs, more| AlertFacts {
        alert_id: Uuid::from_u128(11),
        name: name.into(),
        stop_url: "https://jobs.example.com/unsubscribe/?token=abc".into(),
        jobs,
        more,
    };
    let one = DeliveryFacts {
        alerts: vec![alert("Painting", vec![job("Painter", "", 1)], 0)],
        jobs: 1,
        first_title: "Painter".into(),
        first_company: "Brush <Brothers>".into(),
    };
    let several = DeliveryFacts {
        alerts: vec![
            alert(
                "Painting & more",
                vec![job("Painter", "Berlin", 2), job("Artist", "", 1)],
                7,
            ),
            alert("Remote", vec![job("Decorator\nBcc: x", "Anywhere", 1)], 0),
        ],
        jobs: 10,
        ..one.clone()
    };
    for (number, facts) in [("one", one), ("several", several)] {
        for template in [Template::JobAlert, Template::JobDigest] {
            let mail = rendered(template, "Ana", &facts);
            check(&format!("{}_{number}", template.name()), &mail);
        }
    }
}

#[test]
fn to_the_employer_about_a_week() {
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
        jobs: vec![emails::JobFacts {
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
    for (name, facts) in [
        ("employer_summary", busy),
        ("employer_summary_quiet", quiet),
    ] {
        check(name, &rendered(Template::EmployerSummary, "Bo", &facts));
    }
}

#[test]
fn to_admins_of_dead_tasks() {
    let kind = |kind: &str, reason: &str, count| KindFacts {
        kind: kind.into(),
        reason: reason.into(),
        count,
        of_all: 4,
    };
    let facts = DeadTasksFacts {
        total: 4,
        kinds: vec![
            kind("mail.send", "attempts", 3),
            kind("imports.end", "gave_up", 1),
        ],
    };
    check(
        "dead_tasks",
        &rendered(Template::DeadTasks, "Admin", &facts),
    );
}
