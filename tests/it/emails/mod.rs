//! Which mails go out, to whom, and how often.

mod faults;
mod looks;
mod operator;
mod reports;
mod senders;
mod smtp;
mod suppressions;
mod words;

use jobboard_shared::{
    mail::{Brand, Frame, Language, Recipient, Rendered, Sample, Template, Templates},
    notifications::{Kind, tasks::SendEmail},
    queue,
    settings::Settings,
};
use serde_json::json;
use sqlx::FromRow;
use url::Url;
use uuid::Uuid;

use crate::{applications::Board, support::TestApp};

/// A mail as a board of our own style sends it to somebody who can stop such mails.
fn rendered(template: Template, language: Language, sample: &Sample) -> Rendered {
    let site: Url = "https://jobs.example.com/".parse().unwrap();
    let recipient = Recipient {
        first_name: "Ana".into(),
        language,
        unsubscribe_url: Kind::of_mail(template)
            .map(|_| "https://jobs.example.com/unsubscribe/?token=abc".to_owned()),
    };
    let brand = Brand::new(&Settings::default(), &site);
    let frame = Frame {
        site: &site,
        brand: &brand,
        recipient: &recipient,
    };
    Templates::built_in()
        .unwrap()
        .render(template, frame, &sample.facts)
        .unwrap_or_else(|error| panic!("{} in {language}: {error:?}", sample.name))
}

/// What the outbox says of a mail.
#[derive(Debug, FromRow, PartialEq, Eq)]
struct Row {
    template: String,
    status: String,
    attempts: i32,
    doubtful_deliveries: i16,
}

async fn outbox(app: &TestApp) -> Vec<Row> {
    sqlx::query_as(
        "select template, status::text, attempts, doubtful_deliveries
         from email_outbox order by template, id",
    )
    .fetch_all(&app.db)
    .await
    .unwrap()
}

fn row(template: Template, status: &str, attempts: i32, doubtful_deliveries: i16) -> Row {
    Row {
        template: template.to_string(),
        status: status.to_owned(),
        attempts,
        doubtful_deliveries,
    }
}

async fn dead_reasons(app: &TestApp) -> Vec<Option<String>> {
    sqlx::query_scalar("select dead_reason from email_outbox order by created_at, id")
        .fetch_all(&app.db)
        .await
        .unwrap()
}

async fn send_again(app: &TestApp) {
    let ids: Vec<Uuid> = sqlx::query_scalar("select id from email_outbox order by id")
        .fetch_all(&app.db)
        .await
        .unwrap();
    let tasks: Vec<_> = ids
        .into_iter()
        .map(|email_id| SendEmail { email_id })
        .collect();
    let mut conn = app.db.acquire().await.unwrap();
    queue::enqueue_many(&mut conn, &tasks).await.unwrap();
}

#[tokio::test]
async fn an_application_is_told_to_both_sides_once() {
    let app = TestApp::start().await;
    let board = Board::new(&app).await;
    let freelancer = app.freelancer().await;
    board.apply(&freelancer).await.expect(201);
    assert!(
        app.emails().is_empty(),
        "nothing is sent before a worker does it"
    );
    assert!(app.drain_tasks().await.failures.is_empty());

    let mut emails = app.emails();
    emails.sort_by(|a, b| a.to.cmp(&b.to));
    let [employer, applicant] = emails.as_slice() else {
        panic!("two mails, not {emails:?}");
    };
    assert_eq!(employer.to, board.employer.email);
    assert_eq!(
        employer.subject,
        "New application for Painter: Robin Example"
    );
    assert_eq!(applicant.to, freelancer.email);
    let id: Uuid = sqlx::query_scalar("select id from email_outbox where user_id = $1")
        .bind(freelancer.user_id)
        .fetch_one(&app.db)
        .await
        .unwrap();
    let host = app.config.http.public_url.host_str().unwrap();
    assert_eq!(applicant.message_id, format!("{id}@{host}"));
    assert!(
        applicant
            .raw
            .contains("\r\nAuto-Submitted: auto-generated\r\n")
    );
    assert!(
        applicant
            .subject
            .starts_with("Your application for Painter at Brush ")
    );
    assert_eq!(applicant.text.lines().next(), Some("Hello Robin,"));
    assert!(
        applicant.html.contains("Hello Robin,"),
        "{}",
        applicant.html
    );

    send_again(&app).await;
    assert_eq!(app.drain_tasks().await.done, 2);
    let sent = [
        row(Template::ApplicationConfirmation, "sent", 1, 0),
        row(Template::ApplicationReceived, "sent", 1, 0),
    ];
    assert_eq!(outbox(&app).await, sent);
    assert_eq!(app.emails().len(), 2);
}

#[tokio::test]
async fn a_move_is_told_to_the_side_that_did_not_make_it() {
    let app = TestApp::start().await;
    let board = Board::new(&app).await;
    let (first, second) = (app.freelancer().await, app.freelancer().await);
    let accepted = board.apply(&first).await.expect(201).id();
    let withdrawn = board.apply(&second).await.expect(201).id();
    app.drain_tasks().await;
    let before = app.emails().len();

    let path = format!("/api/employers/applications/{accepted}/status/");
    let offer = json!({"status": "offered", "message": "Start <Monday>?"});
    board.employer.patch(&path, offer).await.expect(200);
    app.drain_tasks().await;
    let path = format!("/api/applications/{accepted}/");
    first
        .patch(&path, json!({"status": "accepted"}))
        .await
        .expect(200);
    app.drain_tasks().await;
    second
        .delete(&format!("/api/applications/{withdrawn}/"))
        .await
        .expect(204);
    app.drain_tasks().await;

    let emails = app.emails();
    let [offered, accepted, withdrawn] = &emails[before..] else {
        panic!("three mails, not {emails:?}");
    };
    assert_eq!(offered.to, first.email);
    assert!(
        offered.subject.starts_with("An offer from Brush "),
        "{}",
        offered.subject
    );
    assert!(
        offered.text.lines().any(|line| line == "> Start <Monday>?"),
        "{}",
        offered.text
    );
    assert!(
        offered.html.contains("Start &lt;Monday&gt;?"),
        "{}",
        offered.html
    );
    assert_eq!(accepted.to, board.employer.email);
    assert_eq!(
        accepted.subject,
        "Robin Example has accepted your offer: Painter"
    );
    assert_eq!(withdrawn.to, board.employer.email);
    assert_eq!(withdrawn.subject, "Robin Example has withdrawn: Painter");
}

#[tokio::test]
async fn for_an_unclaimed_job_the_applicant_is_told_where_to_apply() {
    let app = TestApp::start().await;
    let board = Board::new(&app).await;
    let change = "employer_id = null, external_url = 'https://example.com/ad/7'";
    board.change_job(&app, board.job_id, change).await;
    board.apply(&app.freelancer().await).await.expect(201);
    app.drain_tasks().await;
    let emails = app.emails();
    assert_eq!(emails.len(), 1);
    assert!(
        emails[0].text.contains("https://example.com/ad/7"),
        "{}",
        emails[0].text
    );
}

#[tokio::test]
async fn an_account_that_is_inactive_by_then_gets_no_mail() {
    let app = TestApp::start().await;
    let board = Board::new(&app).await;
    let freelancer = app.freelancer().await;
    board.apply(&freelancer).await.expect(201);
    sqlx::query("update users set is_active = false where id = $1")
        .bind(freelancer.user_id)
        .execute(&app.db)
        .await
        .unwrap();
    assert!(app.drain_tasks().await.failures.is_empty());
    let emails = app.emails();
    assert_eq!(emails.len(), 1);
    assert_eq!(emails[0].to, board.employer.email);
    assert_eq!(
        outbox(&app).await[0],
        row(Template::ApplicationConfirmation, "dead", 0, 0)
    );
}

#[tokio::test]
async fn a_mail_goes_where_the_address_is_when_it_is_sent() {
    let app = TestApp::start().await;
    let board = Board::new(&app).await;
    let freelancer = app.freelancer().await;
    board.apply(&freelancer).await.expect(201);
    sqlx::query("update users set email = 'moved@example.invalid' where id = $1")
        .bind(freelancer.user_id)
        .execute(&app.db)
        .await
        .unwrap();
    app.drain_tasks().await;
    assert!(
        app.emails()
            .iter()
            .any(|email| email.to == "moved@example.invalid")
    );
}

#[tokio::test]
async fn mails_about_what_is_gone_end_quietly() {
    let app = TestApp::start().await;
    let board = Board::new(&app).await;
    board.apply(&app.freelancer().await).await.expect(201);
    sqlx::query("delete from jobs")
        .execute(&app.db)
        .await
        .unwrap();
    assert!(app.drain_tasks().await.failures.is_empty());
    sqlx::query("delete from email_outbox")
        .execute(&app.db)
        .await
        .unwrap();
    let mut conn = app.db.acquire().await.unwrap();
    let gone = SendEmail {
        email_id: Uuid::now_v7(),
    };
    queue::enqueue(&mut conn, &gone).await.unwrap();
    assert!(app.drain_tasks().await.failures.is_empty());
    assert!(app.emails().is_empty());
}
