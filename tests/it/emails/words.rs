//! Every mail, word for word.

use jobboard_shared::{
    applications::{ApplicationStatus, emails::MoveFacts},
    auth::emails::TokenFacts,
    imports::emails::FinishedFacts,
    jobs::emails::ExpiredFacts,
    mail::{Recipient, Rendered, Template, render},
    notifications::Kind,
    verification::emails::DecisionFacts,
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
