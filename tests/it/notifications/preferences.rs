//! What accounts want to be told, and stopping mails by their links.

use jobboard_shared::notifications::{NotificationType, Stop, UnsubscribeKey};
use reqwest::Method;
use serde_json::{Value, json};

use super::lines;
use crate::{
    applications::Board,
    support::{Client, Email, Response, TestApp},
};

const PATH: &str = "/api/notifications/preferences/";

fn all(in_app: bool, email: bool) -> Value {
    let channels = json!({"in_app": in_app, "email": email});
    json!({"application_status": channels, "job_match": channels,
           "message": channels, "system": channels, "summary": {"email": email}})
}

#[tokio::test]
async fn everything_is_wanted_until_somebody_says_otherwise() {
    let app = TestApp::start().await;
    let user = app.freelancer().await;
    assert_eq!(user.get(PATH).await.expect(200).json, all(true, true));
    let mut wishes = all(true, false);
    wishes["job_match"]["in_app"] = json!(false);
    assert_eq!(
        user.put(PATH, wishes.clone()).await.expect(200).json,
        wishes
    );
    assert_eq!(
        user.put(PATH, wishes.clone()).await.expect(200).json,
        wishes
    );
    assert_eq!(user.get(PATH).await.expect(200).json, wishes);
    // Others' stay as they are.
    let other = app.freelancer().await;
    assert_eq!(other.get(PATH).await.expect(200).json, all(true, true));

    app.anonymous().get(PATH).await.expect(401);
    app.anonymous().put(PATH, wishes.clone()).await.expect(401);
    let wrong = json!({"application_status": {"in_app": true, "sms": true}, "gossip": {}});
    let answer = user.put(PATH, wrong).await;
    assert!(
        [400, 422].contains(&answer.status.as_u16()),
        "{}",
        answer.text
    );
    assert_eq!(user.get(PATH).await.expect(200).json, wishes);
}

#[tokio::test]
async fn who_wants_nothing_is_told_nothing() {
    let app = TestApp::start().await;
    let board = Board::new(&app).await;
    let freelancer = app.freelancer().await;
    let mut wishes = all(true, true);
    wishes["application_status"] = json!({"in_app": false, "email": false});
    board.employer.put(PATH, wishes).await.expect(200);
    board.apply(&freelancer).await.expect(201);
    app.drain_tasks().await;
    assert!(lines(&board.employer).await.is_empty());
    let to: Vec<_> = app.emails().into_iter().map(|mail| mail.to).collect();
    assert_eq!(to, std::slice::from_ref(&freelancer.email));
}

/// Of one header, unfolded.
pub(crate) fn header(mail: &Email, name: &str) -> Option<String> {
    let unfolded = mail.raw.replace("\r\n ", " ").replace("\r\n\t", " ");
    let head = unfolded.split("\r\n\r\n").next()?.to_owned();
    let prefix = format!("{}:", name.to_lowercase());
    head.lines()
        .find(|line| line.to_lowercase().starts_with(&prefix))
        .map(|line| line[prefix.len()..].trim().to_owned())
}

/// The path of the link that the mail's header gives.
pub(crate) fn link(app: &TestApp, mail: &Email) -> String {
    let header = header(mail, "list-unsubscribe").expect("List-Unsubscribe");
    path_of(app, header.trim_matches(['<', '>']))
}

pub(crate) fn path_of(app: &TestApp, url: &str) -> String {
    let site = app.config.http.public_url.as_str().trim_end_matches('/');
    url.strip_prefix(site).expect("an own address").to_owned()
}

/// As a mail program does it.
pub(crate) async fn one_click(client: &Client, path: &str) -> Response {
    let request = client
        .request(Method::POST, path)
        .header("content-type", "application/x-www-form-urlencoded")
        .body("List-Unsubscribe=One-Click");
    Response::read(request, format!("POST {path}")).await
}

#[tokio::test]
async fn one_click_stops_mails_of_the_type_and_those_queued_already() {
    let app = TestApp::start().await;
    let board = Board::new(&app).await;
    let freelancer = app.freelancer().await;
    let id = board.apply(&freelancer).await.expect(201).id();
    app.drain_tasks().await;
    let mails = app.emails();
    let mail = mails
        .iter()
        .find(|mail| mail.to == freelancer.email)
        .unwrap();
    assert_eq!(
        header(mail, "list-unsubscribe-post").as_deref(),
        Some("List-Unsubscribe=One-Click")
    );
    let path = link(&app, mail);
    assert!(mail.text.contains(&path), "{}", mail.text);

    // Looking changes nothing.
    let anonymous = app.anonymous();
    let page = anonymous.get(&path).await.expect(200);
    assert!(page.text.contains("<button>"), "{}", page.text);
    assert_eq!(freelancer.get(PATH).await.expect(200).json, all(true, true));

    // One is queued.
    board.set_status(id, "reviewing").await.expect(200);
    one_click(&anonymous, &path).await.expect(200);
    one_click(&anonymous, &path).await.expect(200);
    app.drain_tasks().await;
    assert_eq!(app.emails().len(), mails.len(), "a mail after the goodbye");
    let why: String =
        sqlx::query_scalar("select last_error from email_outbox where status = 'skipped'")
            .fetch_one(&app.db)
            .await
            .unwrap();
    assert_eq!(why, "the account wants no such mails");
    let wishes = freelancer.get(PATH).await.expect(200).json;
    assert_eq!(
        wishes["application_status"],
        json!({"in_app": true, "email": false})
    );
    assert_eq!(wishes["system"], json!({"in_app": true, "email": true}));
    // The centre still tells.
    assert_eq!(lines(&freelancer).await.len(), 1);

    // What must be known comes all the same, and cannot be stopped.
    let body = json!({"current_password": crate::support::PASSWORD,
                      "password": "another horse battery staple"});
    let mut nothing = all(false, false);
    nothing["message"]["email"] = json!(true);
    freelancer.put(PATH, nothing).await.expect(200);
    freelancer
        .post("/api/auth/password/change/", body)
        .await
        .expect(204);
    app.drain_tasks().await;
    let last = app.emails().pop().unwrap();
    assert_eq!(last.to, freelancer.email);
    assert_eq!(header(&last, "list-unsubscribe"), None);
}

#[tokio::test]
async fn a_link_that_is_not_ours_changes_nothing() {
    let app = TestApp::start().await;
    let user = app.freelancer().await;
    let anonymous = app.anonymous();
    for path in ["/unsubscribe/", "/unsubscribe/?token=abc"] {
        anonymous.get(path).await.expect(404);
        one_click(&anonymous, path).await.expect(404);
    }
    assert_eq!(user.get(PATH).await.expect(200).json, all(true, true));
}

#[tokio::test]
async fn mail_programs_stop_mails_for_many_from_one_address() {
    let app = TestApp::start_with(|config| {
        config.rate_limits.writes = Some("2/1h".parse().unwrap());
    })
    .await;
    let provider = app.visitor();
    for _ in 0..4 {
        let user = app.freelancer().await;
        let key = UnsubscribeKey::new(&app.config.auth.secret_key);
        let token = key.token(Stop::Mails(user.user_id, NotificationType::JobMatch));
        let path = format!("/unsubscribe/?token={token}");
        one_click(&provider, &path).await.expect(200);
        one_click(&provider, &path).await.expect(200);
        one_click(&provider, &path).await.expect(429);
    }
    for expected in [404, 404, 429] {
        one_click(&provider, "/unsubscribe/?token=abc")
            .await
            .expect(expected);
    }
}
