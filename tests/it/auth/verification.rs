//! Addresses that are to be confirmed.

use std::time::Duration;

use serde_json::{Value, json};

use super::{assert_problem, recovery::token_of};
use crate::support::{Client, PASSWORD, Response, TestApp};

const VERIFY: &str = "/api/auth/email/verify/";
const RESEND: &str = "/api/auth/email/resend/";

/// A new account whose first mail is on its way.
async fn register(app: &TestApp, email: &str) -> Client {
    let body =
        json!({"email": email, "password": PASSWORD, "role": "freelancer", "first_name": "Ana"});
    let answer = app.anonymous().post("/api/auth/register/", body).await;
    let answer = answer.expect(201);
    assert_eq!(answer.json["user"]["is_email_verified"], false);
    app.login(email).await
}

async fn verify(app: &TestApp, token: &str) -> Response {
    app.anonymous().post(VERIFY, json!({"token": token})).await
}

async fn is_verified(client: &Client) -> bool {
    let profile = client.get("/api/users/profile/").await.expect(200);
    profile.json["is_email_verified"] == true
}

#[tokio::test]
async fn a_new_account_confirms_its_address() {
    let app = TestApp::start().await;
    let client = register(&app, "ana@example.com").await;
    app.drain_tasks().await;
    let mails = app.emails();
    let [mail] = mails.as_slice() else {
        panic!("one mail, not {mails:?}");
    };
    assert_eq!(mail.to, "ana@example.com");
    assert!(mail.text.contains("Hello Ana,"), "{}", mail.text);
    let token = token_of(mail);
    // A token of one purpose does not serve another.
    let body = json!({"token": token, "password": "some other password"});
    app.anonymous()
        .post("/api/auth/password/confirm/", body)
        .await
        .expect(422);
    verify(&app, &token).await.expect(204);
    assert!(is_verified(&client).await);
    let again = verify(&app, &token).await.expect(422);
    assert_eq!(again.field_errors()[0].1, "invalid_token");
    let refused = client.post(RESEND, Value::Null).await;
    assert_problem(&refused, 409, "email_verified");
}

#[tokio::test]
async fn a_refused_registration_mails_nobody() {
    let app = TestApp::start().await;
    let client = app.employer().await;
    let body = json!({"email": client.email, "password": PASSWORD, "role": "employer"});
    let refused = app.anonymous().post("/api/auth/register/", body).await;
    assert_problem(&refused, 409, "email_taken");
    let mails: i64 = sqlx::query_scalar("select count(*) from email_outbox")
        .fetch_one(&app.db)
        .await
        .unwrap();
    assert_eq!(mails, 0);
}

#[tokio::test]
async fn the_mail_is_sent_again_five_times_an_hour_at_most() {
    let app = TestApp::start().await;
    let client = register(&app, "ana@example.com").await;
    for _ in 0..8 {
        client.post(RESEND, Value::Null).await.expect(202);
    }
    app.drain_tasks().await;
    assert_eq!(app.emails().len(), 5);
    app.advance_time(Duration::from_secs(3000)).await;
    let client = app.login("ana@example.com").await;
    client.post(RESEND, Value::Null).await.expect(202);
    app.advance_time(Duration::from_secs(700)).await;
    client.post(RESEND, Value::Null).await.expect(202);
    app.drain_tasks().await;
    assert_eq!(app.emails().len(), 6);
    // Any of them serves, and all the others are spent with it.
    let tokens: Vec<String> = app.emails().iter().map(token_of).collect();
    verify(&app, &tokens[3]).await.expect(204);
    verify(&app, &tokens[5]).await.expect(422);
    let refused = app.anonymous().post(RESEND, Value::Null).await;
    assert_problem(&refused, 401, "credentials_required");
}

#[tokio::test]
async fn a_token_expires_after_three_days() {
    let app = TestApp::start().await;
    register(&app, "ana@example.com").await;
    app.drain_tasks().await;
    let token = token_of(&app.emails()[0]);
    app.advance_time(Duration::from_secs(72 * 3600)).await;
    verify(&app, &token).await.expect(422);
}

#[tokio::test]
async fn a_mail_of_a_token_that_is_void_stays_unsent() {
    let app = TestApp::start().await;
    let client = register(&app, "ana@example.com").await;
    sqlx::query("update mailed_tokens set used_at = app_now() where user_id = $1")
        .bind(client.user_id)
        .execute(&app.db)
        .await
        .unwrap();
    app.drain_tasks().await;
    assert!(app.emails().is_empty());
}

#[tokio::test]
async fn the_page_of_the_mail_confirms_at_a_press() {
    let app = TestApp::start().await;
    let client = register(&app, "ana@example.com").await;
    app.drain_tasks().await;
    let token = token_of(&app.emails()[0]);
    let http = reqwest::Client::new();
    let address = format!("{}/email/verify/", app.base);
    let look = http.get(format!("{address}?token={token}"));
    assert_eq!(look.send().await.unwrap().status(), 200);
    assert!(!is_verified(&client).await, "looking changes nothing");
    for status in [200, 422] {
        let press = http.post(&address).body(format!("token={token}"));
        assert_eq!(press.send().await.unwrap().status(), status);
    }
    assert!(is_verified(&client).await);
}

#[tokio::test]
async fn what_is_left_of_mailed_tokens_is_cleared_away() {
    let app = TestApp::start().await;
    let client = register(&app, "ana@example.com").await;
    sqlx::query("insert into email_changes (user_id, former_email) values ($1, 'old@example.com')")
        .bind(client.user_id)
        .execute(&app.db)
        .await
        .unwrap();
    app.drain_tasks().await;
    let left = async || {
        app.enqueue(&jobboard_shared::auth::tasks::DeleteExpiredSessions {})
            .await;
        app.drain_tasks().await;
        sqlx::query_as::<_, (i64, i64)>(
            "select (select count(*) from mailed_tokens), (select count(*) from email_changes)",
        )
        .fetch_one(&app.db)
        .await
        .unwrap()
    };
    let day = Duration::from_secs(24 * 3600);
    app.advance_time(3 * day).await;
    assert_eq!(left().await, (1, 1));
    app.advance_time(2 * day).await;
    assert_eq!(left().await, (0, 1));
    app.advance_time(3 * day).await;
    assert_eq!(left().await, (0, 0));
}
