//! One effect for any number of equal requests with one `Idempotency-Key`.

use std::time::Duration;

use jobboard_shared::idempotency::tasks::DeleteExpiredKeys;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};

use crate::{
    applications::Board,
    support::{Client, PASSWORD, Response, TestApp, until},
};

async fn post(client: &Client, key: &str, path: &str, body: &Value) -> Response {
    let request = client
        .request(Method::POST, path)
        .header("idempotency-key", key)
        .json(body);
    Response::read(request, format!("POST {path} with {key}")).await
}

const COMPANIES: &str = "/api/companies/";

async fn count(app: &TestApp, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(&app.db).await.unwrap()
}

async fn companies(app: &TestApp) -> i64 {
    count(
        app,
        "select count(*) from companies where name like 'Acme%'",
    )
    .await
}

#[tokio::test]
async fn fifty_parallel_applications_with_one_key_are_one() {
    let app = TestApp::start().await;
    let board = Board::new(&app).await;
    let freelancer = app.freelancer().await;
    let body = json!({"job_id": board.job_id, "cover_letter": "I paint."});
    let asks = (0..50).map(|_| post(&freelancer, "one", "/api/applications/", &body));
    let answers = futures::future::join_all(asks).await;
    for answer in &answers {
        assert_eq!(answer.status.as_u16(), 201, "{}", answer.text);
        assert_eq!(answer.text, answers[0].text);
        assert_eq!(
            answer.headers.get("location"),
            answers[0].headers.get("location")
        );
    }
    let replayed = answers
        .iter()
        .filter(|answer| answer.headers.contains_key("idempotency-replayed"))
        .count();
    assert_eq!(replayed, 49);
    assert_eq!(count(&app, "select count(*) from applications").await, 1);
    let job = board
        .employer
        .get(&format!("/api/jobs/{}/", board.job_id))
        .await;
    assert_eq!(job.json["application_count"], 1);
    app.drain_tasks().await;
}

#[tokio::test]
async fn a_key_belongs_to_one_account_and_one_request() {
    let app = TestApp::start().await;
    let (one, other) = (app.employer().await, app.employer().await);
    let acme = json!({"name": "Acme"});
    let first = post(&one, "k", COMPANIES, &acme).await.expect(201);
    let again = post(&one, "k", COMPANIES, &acme).await.expect(201);
    assert_eq!(again.text, first.text);
    assert_eq!(again.headers["location"], first.headers["location"]);
    assert_eq!(again.headers["content-type"], first.headers["content-type"]);
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_ne!(again.headers["x-request-id"], first.headers["x-request-id"]);
    assert!(!first.headers.contains_key("idempotency-replayed"));

    let changed = post(&one, "k", COMPANIES, &json!({"name": "Acme Two"}))
        .await
        .expect(422);
    assert_eq!(
        changed.field_errors(),
        [(
            "Idempotency-Key".to_owned(),
            "idempotency_key_reused".to_owned()
        )]
    );
    post(&one, "k", "/api/employers/companies/", &acme)
        .await
        .expect(422);
    // Nobody else's key, and nobody else's answer.
    post(&other, "k", COMPANIES, &json!({"name": "Acme Three"}))
        .await
        .expect(201);
    post(&app.anonymous(), "k", COMPANIES, &acme)
        .await
        .expect(401);
    for bad in ["", "two words", &"x".repeat(256)] {
        post(&one, bad, COMPANIES, &acme).await.expect(422);
    }
    assert_eq!(companies(&app).await, 2);
}

#[tokio::test]
async fn refusals_are_answers_and_faults_are_not() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    let nameless = json!({"name": ""});
    let first = post(&employer, "bad", COMPANIES, &nameless)
        .await
        .expect(422);
    let again = post(&employer, "bad", COMPANIES, &nameless)
        .await
        .expect(422);
    assert_eq!(again.text, first.text);
    assert_eq!(again.headers["content-type"], "application/problem+json");

    let rename = async |from: &str, to: &str| {
        let statement = format!("alter table companies rename column {from} to {to}");
        sqlx::query(sqlx::AssertSqlSafe(statement))
            .execute(&app.db)
            .await
            .unwrap();
    };
    let acme = json!({"name": "Acme"});
    rename("phone", "telephone").await;
    post(&employer, "k", COMPANIES, &acme).await.expect(500);
    rename("telephone", "phone").await;
    post(&employer, "k", COMPANIES, &acme).await.expect(201);
    assert_eq!(companies(&app).await, 1);
}

/// Holds up every change of companies until it is let go.
async fn hold_up(app: &TestApp) -> PgConnection {
    let mut conn = PgConnection::connect(app.database_url()).await.unwrap();
    for statement in ["begin", "lock table companies in exclusive mode"] {
        sqlx::query(statement).execute(&mut conn).await.unwrap();
    }
    conn
}

async fn let_go(mut conn: PgConnection) {
    sqlx::query("commit").execute(&mut conn).await.unwrap();
}

/// Until so many requests stand before the lock.
async fn wait_for_held_up(app: &TestApp, number: i64) {
    let waiting = "select count(*) from pg_stat_activity
                   where datname = current_database() and wait_event_type = 'Lock'";
    until("the requests come to the lock", async || {
        count(app, waiting).await >= number
    })
    .await;
}

#[tokio::test]
async fn what_is_in_flight_is_waited_for_and_then_said() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    let acme = json!({"name": "Acme"});
    let held = hold_up(&app).await;
    let first = post(&employer, "k", COMPANIES, &acme);
    let second = async {
        wait_for_held_up(&app, 1).await;
        let refused = post(&employer, "k", COMPANIES, &acme).await.expect(409);
        assert_eq!(refused.json["code"], "idempotency_key_in_use");
        assert!(refused.headers.contains_key("retry-after"));
        let_go(held).await;
    };
    let (first, ()) = tokio::join!(first, second);
    first.expect(201);
    post(&employer, "k", COMPANIES, &acme).await.expect(201);
    assert_eq!(companies(&app).await, 1);
}

#[tokio::test]
async fn a_client_that_goes_away_finds_its_answer_later() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    let acme = json!({"name": "Acme"});
    let held = hold_up(&app).await;
    let gone = tokio::spawn({
        let (employer, acme) = (employer.clone(), acme.clone());
        async move { post(&employer, "k", COMPANIES, &acme).await }
    });
    wait_for_held_up(&app, 1).await;
    gone.abort();
    assert!(gone.await.is_err());
    let_go(held).await;
    let answer = post(&employer, "k", COMPANIES, &acme).await.expect(201);
    assert_eq!(answer.headers["idempotency-replayed"], "true");
    assert_eq!(companies(&app).await, 1);
}

/// As a server leaves it that dies at this point of a request.
async fn die(app: &TestApp, state: &str) {
    sqlx::query(
        "update idempotency_keys set state = $1, status = null, headers = null, body = null",
    )
    .bind(state)
    .execute(&app.db)
    .await
    .unwrap();
}

const HELD: Duration = Duration::from_secs(121);

#[tokio::test]
async fn a_server_that_dies_after_its_commit_is_not_followed_by_a_second_effect() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    let acme = json!({"name": "Acme"});
    post(&employer, "k", COMPANIES, &acme).await.expect(201);
    die(&app, "applied").await;
    app.advance_time(HELD).await;
    let lost = post(&employer, "k", COMPANIES, &acme).await.expect(409);
    assert_eq!(lost.json["code"], "idempotency_answer_lost");
    assert_eq!(companies(&app).await, 1);
}

#[tokio::test]
async fn the_mark_of_a_change_is_committed_with_it() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    let acme = json!({"name": "Acme"});
    // The answer cannot be stored, as when the server dies before it is.
    sqlx::query(
        "alter table idempotency_keys add constraint no_answers check (state <> 'answered')",
    )
    .execute(&app.db)
    .await
    .unwrap();
    post(&employer, "k", COMPANIES, &acme).await.expect(201);
    assert_eq!(
        count(
            &app,
            "select count(*) from idempotency_keys where state = 'applied'"
        )
        .await,
        1
    );
    app.advance_time(HELD).await;
    post(&employer, "k", COMPANIES, &acme).await.expect(409);
    // What changed nothing can be done again.
    let nameless = json!({"name": ""});
    post(&employer, "bad", COMPANIES, &nameless)
        .await
        .expect(422);
    app.advance_time(HELD).await;
    post(&employer, "bad", COMPANIES, &nameless)
        .await
        .expect(422);
    assert_eq!(companies(&app).await, 1);
}

#[tokio::test]
async fn an_attempt_that_takes_too_long_is_overtaken_and_cannot_commit() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    let acme = json!({"name": "Acme"});
    let held = hold_up(&app).await;
    let late = post(&employer, "k", COMPANIES, &acme);
    let next = async {
        wait_for_held_up(&app, 1).await;
        app.advance_time(HELD).await;
        let next = post(&employer, "k", COMPANIES, &acme);
        let go = async {
            wait_for_held_up(&app, 2).await;
            let_go(held).await;
        };
        tokio::join!(next, go).0
    };
    let (late, next) = tokio::join!(late, next);
    let late = late.expect(409);
    // By which of the two came first behind the lock: the late one cannot commit, or
    // finds the company there.
    let code = late.json["code"].as_str().unwrap();
    assert!(
        ["idempotency_key_taken_over", "company_name_taken"].contains(&code),
        "{code}"
    );
    next.expect(201);
    assert_eq!(companies(&app).await, 1);
}

#[tokio::test]
async fn answers_are_forgotten_after_a_day() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    post(&employer, "k", COMPANIES, &json!({"name": "Acme"}))
        .await
        .expect(201);
    app.enqueue(&DeleteExpiredKeys {}).await;
    app.drain_tasks().await;
    assert_eq!(
        count(&app, "select count(*) from idempotency_keys").await,
        1
    );
    app.advance_time(Duration::from_secs(24 * 3600 + 1)).await;
    let employer = app.login(&employer.email).await;
    // A key that is over is free, swept or not.
    post(&employer, "k", COMPANIES, &json!({"name": "Acme Two"}))
        .await
        .expect(201);
    app.advance_time(Duration::from_secs(24 * 3600 + 1)).await;
    app.enqueue(&DeleteExpiredKeys {}).await;
    app.drain_tasks().await;
    assert_eq!(
        count(&app, "select count(*) from idempotency_keys").await,
        0
    );
}

#[tokio::test]
async fn tokens_are_never_kept() {
    let app = TestApp::start().await;
    let user = app.employer().await;
    let login = json!({"email": user.email, "password": PASSWORD});
    let first = post(&user, "k", "/api/auth/login/", &login)
        .await
        .expect(200);
    let again = post(&user, "k", "/api/auth/login/", &login)
        .await
        .expect(200);
    assert_ne!(first.json["refresh"], again.json["refresh"]);
    assert_eq!(
        count(&app, "select count(*) from idempotency_keys").await,
        0
    );
}
