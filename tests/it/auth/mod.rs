//! Register, login, refresh, logout, and who may do what.

mod recovery;
mod verification;

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

pub(crate) use recovery::token_of;

use crate::support::{Client, PASSWORD, Response, TestApp};

async fn refresh(client: &Client, token: &str) -> Response {
    client
        .post("/api/auth/refresh/", json!({"refresh": token}))
        .await
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name]
        .as_str()
        .unwrap_or_else(|| panic!("no {name} in {value}"))
}

#[track_caller]
pub(crate) fn assert_problem(response: &Response, status: u16, code: &str) {
    assert_eq!(response.status.as_u16(), status, "{}", response.text);
    assert_eq!(response.json["code"], code, "{}", response.text);
    assert_eq!(response.headers["content-type"], "application/problem+json");
}

#[tokio::test]
async fn a_new_account_is_signed_in_and_has_its_profile() {
    let app = TestApp::start().await;
    let answer = app
        .anonymous()
        .post(
            "/api/auth/register/",
            json!({"email": " Ada@Example.COM ".trim(), "password": PASSWORD,
                   "role": "freelancer", "first_name": "Ada", "last_name": "Lovelace"}),
        )
        .await
        .expect(201);
    assert_eq!(answer.json["user"]["email"], "ada@example.com");
    assert_eq!(answer.json["tokens"]["token_type"], "Bearer");
    assert_eq!(answer.json["tokens"]["expires_in"], 3600);
    let client = app.login("ADA@example.com").await;
    let profile = client.get("/api/users/profile/").await.expect(200).json;
    assert_eq!(profile["role"], "freelancer");
    assert_eq!(profile["first_name"], "Ada");
    assert!(profile["last_login"].is_string());
    let profiles: i64 = sqlx::query_scalar("select count(*) from freelancer_profiles")
        .fetch_one(&app.db)
        .await
        .unwrap();
    assert_eq!(profiles, 1);
    app.drain_tasks().await;
}

#[tokio::test]
async fn an_address_has_one_account_whatever_its_case() {
    let app = TestApp::start().await;
    let client = app.employer().await;
    let answer = app
        .anonymous()
        .post(
            "/api/auth/register/",
            json!({"email": client.email.to_uppercase(), "password": PASSWORD, "role": "employer"}),
        )
        .await;
    assert_problem(&answer, 409, "email_taken");
}

#[tokio::test]
async fn every_bad_field_of_a_registration_is_named_at_once() {
    let app = TestApp::start().await;
    let answer = app
        .anonymous()
        .post(
            "/api/auth/register/",
            json!({"email": "nobody", "password": "short", "role": "admin",
                   "first_name": "x".repeat(101), "is_active": true, "lastname": "L"}),
        )
        .await;
    assert_problem(&answer, 422, "validation_failed");
    let expected = [
        ("email", "invalid_format"),
        ("first_name", "too_long"),
        ("is_active", "unknown_field"),
        ("lastname", "unknown_field"),
        ("password", "too_short"),
        ("role", "invalid_choice"),
    ]
    .map(|(field, code)| (field.to_owned(), code.to_owned()));
    assert_eq!(answer.field_errors(), expected);
    assert!(
        answer.text.contains("did you mean `last_name`?"),
        "{}",
        answer.text
    );
}

#[tokio::test]
async fn the_own_address_is_no_password() {
    let app = TestApp::start().await;
    let answer = app
        .anonymous()
        .post(
            "/api/auth/register/",
            json!({"email": "grace.hopper@example.com", "password": "Grace.Hopper", "role": "employer"}),
        )
        .await;
    let expected = [("password".to_owned(), "too_guessable".to_owned())];
    assert_eq!(answer.expect(422).field_errors(), expected);
}

#[tokio::test]
async fn a_login_does_not_tell_whether_the_account_exists() {
    let app = TestApp::start().await;
    let client = app.employer().await;
    sqlx::query("update users set is_active = false where id = $1")
        .bind(client.user_id)
        .execute(&app.db)
        .await
        .unwrap();
    let known = app.freelancer().await;
    let mut answers = Vec::new();
    for (email, password) in [
        (known.email.as_str(), "not the password"),
        ("nobody@example.com", PASSWORD),
        ("not an address", PASSWORD),
        (client.email.as_str(), PASSWORD),
    ] {
        let answer = app
            .anonymous()
            .post(
                "/api/auth/login/",
                json!({"email": email, "password": password}),
            )
            .await;
        assert_problem(&answer, 401, "invalid_credentials");
        let mut body = answer.json;
        body["request_id"] = Value::Null;
        answers.push(body);
    }
    assert!(
        answers.windows(2).all(|pair| pair[0] == pair[1]),
        "{answers:?}"
    );
}

#[tokio::test]
async fn a_refresh_token_is_exchanged_once() {
    let app = TestApp::start().await;
    let client = app.employer().await;
    let first = client.refresh_token.clone().unwrap();
    let tokens = refresh(&client, &first).await.expect(200).json;
    let second = text(&tokens, "refresh");
    assert_ne!(second, first);
    let renewed = Client {
        token: Some(text(&tokens, "access").to_owned()),
        ..client.clone()
    };
    renewed.get("/api/users/profile/").await.expect(200);

    // Somebody uses the first one again: nobody keeps the session.
    assert_problem(
        &refresh(&client, &first).await,
        401,
        "invalid_refresh_token",
    );
    assert_problem(
        &refresh(&client, second).await,
        401,
        "invalid_refresh_token",
    );
    for client in [&client, &renewed] {
        assert_problem(
            &client.get("/api/users/profile/").await,
            401,
            "session_ended",
        );
    }
}

#[tokio::test]
async fn two_exchanges_at_the_same_time_are_a_first_and_a_second_one() {
    let app = TestApp::start().await;
    let client = app.employer().await;
    let token = client.refresh_token.clone().unwrap();
    let (one, two) = tokio::join!(refresh(&client, &token), refresh(&client, &token));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401]);
    assert_problem(
        &client.get("/api/users/profile/").await,
        401,
        "session_ended",
    );
}

#[tokio::test]
async fn what_is_no_refresh_token_is_refused() {
    let app = TestApp::start().await;
    let client = app.employer().await;
    let access = client.token.clone().unwrap();
    for token in ["", "x", &"A".repeat(43), "é"] {
        assert_problem(&refresh(&client, token).await, 401, "invalid_refresh_token");
    }
    refresh(&client, &access).await.expect(422);
}

#[tokio::test]
async fn a_logout_ends_the_session_at_once_and_no_other() {
    let app = TestApp::start().await;
    let client = app.employer().await;
    let other = app.login(&client.email).await;
    client
        .post("/api/auth/logout/", Value::Null)
        .await
        .expect(204);
    assert_problem(
        &client.get("/api/users/profile/").await,
        401,
        "session_ended",
    );
    assert_problem(
        &client.post("/api/auth/logout/", Value::Null).await,
        401,
        "session_ended",
    );
    let token = client.refresh_token.clone().unwrap();
    assert_problem(
        &refresh(&client, &token).await,
        401,
        "invalid_refresh_token",
    );
    other.get("/api/users/profile/").await.expect(200);
}

#[tokio::test]
async fn an_account_that_is_switched_off_is_out_at_once() {
    let app = TestApp::start().await;
    let client = app.employer().await;
    sqlx::query("update users set is_active = false where id = $1")
        .bind(client.user_id)
        .execute(&app.db)
        .await
        .unwrap();
    assert_problem(
        &client.get("/api/users/profile/").await,
        401,
        "session_ended",
    );
    let token = client.refresh_token.clone().unwrap();
    assert_problem(
        &refresh(&client, &token).await,
        401,
        "invalid_refresh_token",
    );
}

#[tokio::test]
async fn tokens_expire_by_the_database_clock() {
    let app = TestApp::start().await;
    let client = app.employer().await;
    app.advance_time(Duration::from_secs(3601)).await;
    assert_problem(
        &client.get("/api/users/profile/").await,
        401,
        "token_expired",
    );

    let day = Duration::from_secs(24 * 3600);
    app.advance_time(6 * day).await;
    let token = client.refresh_token.clone().unwrap();
    let tokens = refresh(&client, &token).await.expect(200).json;
    // The exchange lets the session live on for another seven days.
    app.advance_time(6 * day).await;
    let tokens = refresh(&client, text(&tokens, "refresh"))
        .await
        .expect(200)
        .json;
    app.advance_time(8 * day).await;
    let late = refresh(&client, text(&tokens, "refresh")).await;
    assert_problem(&late, 401, "invalid_refresh_token");
}

#[tokio::test]
async fn without_a_good_token_the_answer_is_401_with_a_challenge() {
    let app = TestApp::start().await;
    let anonymous = app.anonymous();
    let answer = anonymous.get("/api/users/profile/").await;
    assert_problem(&answer, 401, "credentials_required");
    assert_eq!(answer.headers["www-authenticate"], "Bearer");

    let other_secret = TestApp::start_with(|config| {
        config.auth.secret_key = "another secret, also of 32 bytes and more".into();
    })
    .await;
    let foreign = other_secret.employer().await.token.unwrap();
    for header in [
        "Bearer",
        "Bearer x",
        "Basic dTpw",
        &format!("Bearer {foreign}"),
    ] {
        let request = anonymous
            .request(Method::GET, "/api/users/profile/")
            .header("authorization", header);
        let answer = Response::read(request, header.to_owned()).await;
        assert_problem(&answer, 401, "invalid_token");
        assert_eq!(
            answer.headers["www-authenticate"],
            "Bearer error=\"invalid_token\""
        );
    }
}

#[tokio::test]
async fn passwords_and_tokens_are_stored_as_hashes() {
    let app = TestApp::start().await;
    let client = app.employer().await;
    let hash: String = sqlx::query_scalar("select password_hash from users where id = $1")
        .bind(client.user_id)
        .fetch_one(&app.db)
        .await
        .unwrap();
    assert!(hash.starts_with("$argon2id$"));
    let stored: Vec<u8> = sqlx::query_scalar("select token_hash from refresh_tokens")
        .fetch_one(&app.db)
        .await
        .unwrap();
    let token = jobboard_shared::auth::RefreshToken::parse(&client.refresh_token.unwrap()).unwrap();
    assert_eq!(stored, token.hash());
}

#[tokio::test]
async fn each_role_has_its_own_rooms() {
    let app = TestApp::start().await;
    let (employer, freelancer, admin) = (
        app.employer().await,
        app.freelancer().await,
        app.admin().await,
    );
    for (path, guest, others) in [
        ("/api/employers/profile/", &employer, [&freelancer, &admin]),
        (
            "/api/freelancers/profile/",
            &freelancer,
            [&employer, &admin],
        ),
    ] {
        guest.get(path).await.expect(200);
        for other in others {
            assert_problem(&other.get(path).await, 403, "role_required");
        }
        assert_problem(
            &app.anonymous().get(path).await,
            401,
            "credentials_required",
        );
    }
    // A role that is taken away is gone with the next request.
    sqlx::query("update users set role = 'admin' where id = $1")
        .bind(employer.user_id)
        .execute(&app.db)
        .await
        .unwrap();
    assert_problem(
        &employer.get("/api/employers/profile/").await,
        403,
        "role_required",
    );
}
