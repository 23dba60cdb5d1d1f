//! What the mail provider reports of mails that had left.

use jobboard_shared::notifications::db;
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    outbox, row,
    smtp::{CONFIRMATION, mail_to, one_mail},
    suppressions::suppressions,
};
use crate::support::{Email, Response, TestApp};

const PATH: &str = "/api/mail/reports/";
const SECRET: &str = "mail report secret of tests, of 32 bytes";

async fn send(app: &TestApp, secret: &str, body: &Value) -> Response {
    let request = app
        .anonymous()
        .request(Method::POST, PATH)
        .bearer_auth(secret)
        .json(body);
    Response::read(request, format!("POST {PATH}")).await
}

fn message_id(mail: &Email) -> String {
    let mut lines = mail.raw.lines();
    let id = lines.find_map(|line| line.strip_prefix("Message-ID: "));
    id.unwrap().to_owned()
}

fn bounce(mail: &Email, event_id: &str) -> Value {
    json!({
        "event_id": event_id, "message_id": message_id(mail),
        "recipient": mail.to.to_uppercase(), "trouble": "bounced", "is_permanent": true,
        "reply": format!("550 5.1.1 <{}> unknown", mail.to),
    })
}

fn reports(all: &[Value]) -> Value {
    json!({"reports": all})
}

fn taken(suppressed: u32, unsubscribed: u32, ignored: u32) -> Value {
    json!({"suppressed": suppressed, "unsubscribed": unsubscribed, "ignored": ignored})
}

#[tokio::test]
async fn a_mailbox_that_is_none_gets_no_more_mail_and_no_report_counts_twice() {
    let app = TestApp::start().await;
    let freelancer = one_mail(&app).await;
    app.drain_tasks().await;
    let mail = app.emails().pop().unwrap();
    // What is queued ends quietly.
    mail_to(&app, &freelancer).await;
    let body = reports(&[bounce(&mail, "event 1"), bounce(&mail, "event 1")]);
    let answer = send(&app, SECRET, &body).await.expect(200);
    assert_eq!(answer.json, taken(1, 0, 1));
    assert!(app.drain_tasks().await.failures.is_empty());
    assert_eq!(app.emails().len(), 1);
    assert_eq!(
        outbox(&app).await,
        [
            row(CONFIRMATION, "sent", 1, 0),
            row(CONFIRMATION, "skipped", 0, 0)
        ]
    );
    let list = suppressions(&app).await;
    assert_eq!(list[0].reply, "550 5.1.1 <address> unknown");

    // An operator knows better, and the provider sends the old report again.
    let mut conn = app.db.acquire().await.unwrap();
    assert!(
        db::lift_suppression(&mut conn, freelancer.user_id)
            .await
            .unwrap()
    );
    let body = reports(&[bounce(&mail, "event 1")]);
    let answer = send(&app, SECRET, &body).await.expect(200);
    assert_eq!(answer.json, taken(0, 0, 1));
    mail_to(&app, &freelancer).await;
    app.drain_tasks().await;
    assert_eq!(app.emails().len(), 2);
}

#[tokio::test]
async fn a_complaint_ends_mails_of_its_type() {
    let app = TestApp::start().await;
    let freelancer = one_mail(&app).await;
    app.drain_tasks().await;
    let mail = app.emails().pop().unwrap();
    let mut complaint = bounce(&mail, "event 1");
    complaint["trouble"] = json!("complained");
    let answer = send(&app, SECRET, &reports(&[complaint])).await.expect(200);
    assert_eq!(answer.json, taken(0, 1, 0));
    let wishes = freelancer.get("/api/notifications/preferences/").await;
    assert_eq!(
        wishes.expect(200).json["application_status"]["email"],
        false
    );
    assert!(suppressions(&app).await.is_empty());
}

#[tokio::test]
async fn what_is_of_no_mail_or_passes_changes_nothing() {
    let app = TestApp::start().await;
    one_mail(&app).await;
    app.drain_tasks().await;
    let mail = app.emails().pop().unwrap();
    let with = |field: &str, value: Value| {
        let mut report = bounce(&mail, "event");
        report[field] = value;
        report
    };
    for report in [
        with("is_permanent", json!(false)),
        with(
            "message_id",
            json!("<01890000-0000-7000-8000-000000000000@x>"),
        ),
        with("message_id", json!("<somebody-elses@mail.example>")),
        with("recipient", json!("former@example.com")),
        with("recipient", json!("no address")),
    ] {
        let answer = send(&app, SECRET, &reports(&[report])).await.expect(200);
        assert_eq!(answer.json, taken(0, 0, 1));
    }
    assert!(suppressions(&app).await.is_empty());
}

#[tokio::test]
async fn only_who_has_the_secret_reports() {
    let app = TestApp::start().await;
    one_mail(&app).await;
    app.drain_tasks().await;
    let mail = app.emails().pop().unwrap();
    let body = reports(&[bounce(&mail, "event 1")]);
    for wrong in ["", "x", "mail report secret of tests, of 32 byteS"] {
        send(&app, wrong, &body).await.expect(401);
    }
    let admin = app.admin().await;
    admin.post(PATH, body.clone()).await.expect(401);
    app.anonymous().post(PATH, body.clone()).await.expect(401);
    let none = TestApp::start_with(|config| config.mail.report_secret = None).await;
    send(&none, SECRET, &body).await.expect(401);

    for (wrong, field, code) in [
        (json!({"reports": []}), "reports", "too_short"),
        (
            json!({"reports": [bounce(&mail, "")]}),
            "reports.0.event_id",
            "too_short",
        ),
        (
            json!({"reports": [{"event_id": "1"}]}),
            "reports.0.message_id",
            "required",
        ),
    ] {
        let refused = send(&app, SECRET, &wrong).await.expect(422);
        let errors = refused.field_errors();
        assert!(
            errors.contains(&(field.to_owned(), code.to_owned())),
            "{errors:?}"
        );
    }
    app.drain_tasks().await;
}

#[tokio::test]
async fn reports_are_not_limited_and_guesses_of_the_secret_are() {
    let app = TestApp::start_with(|config| {
        config.rate_limits.writes = Some("2/1h".parse().unwrap());
    })
    .await;
    let nothing = reports(&[]);
    for _ in 0..4 {
        let answer = send(&app, SECRET, &nothing).await;
        assert_ne!(answer.status, 429);
    }
    let guess = async || send(&app, "not the secret, of 32 bytes or more", &nothing).await;
    for expected in [401, 401, 429] {
        guess().await.expect(expected);
    }
}
