//! Forgotten and changed passwords.

use std::time::Duration;

use futures::future::join_all;
use jobboard_shared::auth::{MailedToken, tasks::SendPasswordReset};
use serde_json::{Value, json};

use super::{assert_problem, refresh};
use crate::support::{Client, Email, PASSWORD, Response, TestApp};

const RESET: &str = "/api/auth/password/reset/";
const CONFIRM: &str = "/api/auth/password/confirm/";
const CHANGE: &str = "/api/auth/password/change/";
const NEW: &str = "a new and better password";

/// The token in the link of a mail.
#[track_caller]
pub(crate) fn token_of(mail: &Email) -> String {
    let (_, rest) = mail.text.split_once("?token=").expect("a link");
    let token = rest.split_whitespace().next().expect("a token");
    assert!(mail.html.contains(token), "both parts carry the link");
    token.to_owned()
}

async fn ask(app: &TestApp, email: &str) -> Response {
    app.anonymous().post(RESET, json!({"email": email})).await
}

async fn token_for(app: &TestApp, client: &Client) -> String {
    let before = app.emails().len();
    ask(app, &client.email).await.expect(202);
    app.drain_tasks().await;
    let mails = app.emails();
    assert_eq!(mails.len(), before + 1);
    let mail = mails.last().expect("a mail");
    assert_eq!(mail.to, client.email);
    token_of(mail)
}

async fn confirm(app: &TestApp, token: &str, password: &str) -> Response {
    let body = json!({"token": token, "password": password});
    app.anonymous().post(CONFIRM, body).await
}

async fn login(app: &TestApp, email: &str, password: &str) -> Response {
    let body = json!({"email": email, "password": password});
    app.anonymous().post("/api/auth/login/", body).await
}

#[track_caller]
fn assert_invalid_token(answer: &Response) {
    let expected = [("token".to_owned(), "invalid_token".to_owned())];
    assert_eq!(answer.field_errors(), expected, "{}", answer.text);
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_by_mail() {
    let app = TestApp::start().await;
    let client = app.employer().await;
    let other_session = app.login(&client.email).await;
    let token = token_for(&app, &client).await;
    confirm(&app, &token, NEW).await.expect(204);

    for session in [&client, &other_session] {
        let answer = session.get("/api/users/profile/").await;
        assert_problem(&answer, 401, "session_ended");
        let refresh_token = session.refresh_token.clone().unwrap();
        let answer = refresh(session, &refresh_token).await;
        assert_problem(&answer, 401, "invalid_refresh_token");
    }
    login(&app, &client.email, PASSWORD).await.expect(401);
    login(&app, &client.email, NEW).await.expect(200);
    // The mail was read: the address is confirmed by that.
    let verified: bool = sqlx::query_scalar("select is_email_verified from users where id = $1")
        .bind(client.user_id)
        .fetch_one(&app.db)
        .await
        .unwrap();
    assert!(verified);

    assert_invalid_token(&confirm(&app, &token, "yet another password").await);
    app.drain_tasks().await;
    let told = app.emails().pop().unwrap();
    assert_eq!(told.subject, "Your password was changed");
    assert_eq!(told.to, client.email);
}

#[tokio::test]
async fn a_reset_token_works_once_in_many_tries_at_once() {
    let app = TestApp::start().await;
    let client = app.freelancer().await;
    let token = token_for(&app, &client).await;
    let tries = (0..20).map(|_| confirm(&app, &token, NEW));
    let answers = join_all(tries).await;
    let worked = answers.iter().filter(|a| a.status == 204).count();
    assert_eq!(worked, 1);
    for answer in answers.iter().filter(|a| a.status != 204) {
        assert_invalid_token(answer);
    }
    app.drain_tasks().await;
}

#[tokio::test]
async fn a_reset_token_expires_is_replaced_and_dies_with_the_account() {
    let app = TestApp::start().await;
    let client = app.freelancer().await;
    let late = token_for(&app, &client).await;
    app.advance_time(Duration::from_secs(3600)).await;
    assert_invalid_token(&confirm(&app, &late, NEW).await);

    // The use of one makes the others worthless.
    let (first, second) = (
        token_for(&app, &client).await,
        token_for(&app, &client).await,
    );
    confirm(&app, &second, NEW).await.expect(204);
    assert_invalid_token(&confirm(&app, &first, NEW).await);
    app.drain_tasks().await;

    let token = token_for(&app, &client).await;
    sqlx::query("update users set is_active = false where id = $1")
        .bind(client.user_id)
        .execute(&app.db)
        .await
        .unwrap();
    assert_invalid_token(&confirm(&app, &token, "another password").await);
    for none in ["", "x", &"A".repeat(43), "é"] {
        assert_invalid_token(&confirm(&app, none, NEW).await);
    }
}

#[tokio::test]
async fn the_database_knows_a_hash_alone() {
    let app = TestApp::start().await;
    let client = app.freelancer().await;
    let token = token_for(&app, &client).await;
    let stored: Vec<u8> = sqlx::query_scalar("select token_hash from mailed_tokens")
        .fetch_one(&app.db)
        .await
        .unwrap();
    assert_eq!(stored, MailedToken::parse(&token).unwrap().hash());
    let rows: String = sqlx::query_scalar(
        "select coalesce(string_agg(t::text, ''), '') || (select string_agg(o::text, '') from email_outbox o)
         from mailed_tokens t",
    )
    .fetch_one(&app.db)
    .await
    .unwrap();
    assert!(!rows.contains(&token));
}

#[tokio::test]
async fn asking_does_not_tell_whether_the_account_exists() {
    let app = TestApp::start().await;
    let (client, off) = (app.freelancer().await, app.employer().await);
    sqlx::query("update users set is_active = false where id = $1")
        .bind(off.user_id)
        .execute(&app.db)
        .await
        .unwrap();
    let mut answers = Vec::new();
    for email in [
        client.email.as_str(),
        off.email.as_str(),
        "nobody@example.com",
    ] {
        let tasks = app.pending_tasks::<SendPasswordReset>().await.len();
        let answer = ask(&app, email).await.expect(202);
        answers.push(answer.json);
        // The same work is written down for all.
        assert_eq!(
            app.pending_tasks::<SendPasswordReset>().await.len(),
            tasks + 1
        );
    }
    assert!(
        answers.windows(2).all(|pair| pair[0] == pair[1]),
        "{answers:?}"
    );
    app.drain_tasks().await;
    let mails = app.emails();
    assert_eq!(mails.len(), 1, "{mails:?}");
    assert_eq!(mails[0].to, client.email);
    ask(&app, "not an address").await.expect(422);
}

#[tokio::test]
async fn an_account_gets_five_mails_an_hour_whoever_asks() {
    let app = TestApp::start().await;
    let client = app.freelancer().await;
    let asked = join_all((0..12).map(|_| ask(&app, &client.email))).await;
    assert!(asked.iter().all(|answer| answer.status == 202));
    app.drain_tasks().await;
    assert_eq!(app.emails().len(), 5);
    app.advance_time(Duration::from_secs(3601)).await;
    ask(&app, &client.email).await.expect(202);
    app.drain_tasks().await;
    assert_eq!(app.emails().len(), 6);
}

#[tokio::test]
async fn a_bad_new_password_leaves_the_token_usable() {
    let app = TestApp::start().await;
    let client = app.freelancer().await;
    let token = token_for(&app, &client).await;
    let refused = confirm(&app, &token, "short").await.expect(422);
    assert_eq!(refused.field_errors()[0].1, "too_short");
    let refused = confirm(&app, &token, &client.email).await.expect(422);
    assert_eq!(refused.field_errors()[0].1, "too_guessable");
    confirm(&app, &token, NEW).await.expect(204);
    app.drain_tasks().await;
}

#[tokio::test]
async fn the_password_is_changed_and_other_sessions_end() {
    let app = TestApp::start().await;
    let client = app.employer().await;
    let other = app.login(&client.email).await;
    let reset = token_for(&app, &client).await;
    let change = async |current: &str, new: &str| {
        let body = json!({"current_password": current, "password": new});
        client.post(CHANGE, body).await
    };
    let refused = change("not the password", NEW).await.expect(422);
    let expected = [("current_password".to_owned(), "wrong_password".to_owned())];
    assert_eq!(refused.field_errors(), expected);
    let refused = change(PASSWORD, &client.email).await.expect(422);
    assert_eq!(refused.field_errors()[0].1, "too_guessable");
    other.get("/api/users/profile/").await.expect(200);

    change(PASSWORD, NEW).await.expect(204);
    client.get("/api/users/profile/").await.expect(200);
    assert_problem(
        &other.get("/api/users/profile/").await,
        401,
        "session_ended",
    );
    login(&app, &client.email, PASSWORD).await.expect(401);
    login(&app, &client.email, NEW).await.expect(200);
    // A mail that somebody else may have asked for opens nothing any more.
    assert_invalid_token(&confirm(&app, &reset, "one more password").await);
    let refused = app.anonymous().post(CHANGE, Value::Null).await;
    assert_problem(&refused, 401, "credentials_required");
    app.drain_tasks().await;
    assert_eq!(
        app.emails().pop().unwrap().subject,
        "Your password was changed"
    );
}

#[tokio::test]
async fn of_two_changes_at_once_one_works() {
    let app = TestApp::start().await;
    let client = app.employer().await;
    let change = |new: &'static str| {
        let body = json!({"current_password": PASSWORD, "password": new});
        client.post(CHANGE, body)
    };
    let (one, two) = tokio::join!(change("the first password"), change("the second password"));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 422]);
    app.drain_tasks().await;
}

#[tokio::test]
async fn a_login_that_lost_to_a_change_opens_no_session() {
    let app = TestApp::start().await;
    let client = app.employer().await;
    let (changed, _login) = tokio::join!(
        client.post(
            CHANGE,
            json!({"current_password": PASSWORD, "password": NEW})
        ),
        login(&app, &client.email, PASSWORD),
    );
    changed.expect(204);
    // Whichever came first: no session of the former password lives on.
    let alive: i64 = sqlx::query_scalar(
        "select count(*) from sessions where user_id = $1 and revoked_at is null",
    )
    .bind(client.user_id)
    .fetch_one(&app.db)
    .await
    .unwrap();
    assert_eq!(alive, 1);
    app.drain_tasks().await;
}

#[tokio::test]
async fn the_page_of_the_mail_sets_the_password() {
    let app = TestApp::start().await;
    let client = app.freelancer().await;
    let token = token_for(&app, &client).await;
    let address = format!("{}/password/reset/", app.base);
    let http = reqwest::Client::new();
    let page = http
        .get(format!("{address}?token={token}"))
        .send()
        .await
        .unwrap();
    assert_eq!(page.status(), 200);
    assert!(page.text().await.unwrap().contains(&token));
    let send = async |password: &str| {
        let form = format!("token={token}&password={}", password.replace(' ', "+"));
        let answer = http.post(&address).body(form).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let (status, said) = send("short").await;
    assert_eq!(status, 422);
    assert!(said.contains("The password must have at least 8"), "{said}");
    let (status, said) = send(NEW).await;
    assert_eq!(status, 200, "{said}");
    assert!(said.contains("Your password is set"), "{said}");
    login(&app, &client.email, NEW).await.expect(200);
    let (status, said) = send(NEW).await;
    assert_eq!(status, 422);
    assert!(said.contains("This link is unknown"), "{said}");
    let strange = format!("{address}?token=%22%3E%3Cscript%3E");
    let page = http
        .get(strange)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(!page.contains("<script"), "{page}");
    app.drain_tasks().await;
}
