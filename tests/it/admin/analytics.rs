//! What happened on the board, by day.

use std::time::Duration;

use chrono::{Days, NaiveDate};
use jobboard_shared::analytics::tasks::RollUp;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    jobs::publish,
    support::{Browser, Client, TestApp},
};

const BOARD: &str = "/api/admin/analytics/";
const OWN: &str = "/api/employers/analytics/";
const DAY: Duration = Duration::from_secs(86_400);

fn error(field: &str, code: &str) -> (String, String) {
    (field.to_owned(), code.to_owned())
}

async fn accept(app: &TestApp, application: Uuid) {
    sqlx::query(
        "insert into application_status_changes (application_id, from_status, to_status, changed_at)
         values ($1, 'offered', 'accepted', app_now())",
    )
    .bind(application)
    .execute(&app.db)
    .await
    .unwrap();
}

async fn apply(client: &Client, job: Uuid) -> Uuid {
    let body = json!({"job_id": job});
    client
        .post("/api/applications/", body)
        .await
        .expect(201)
        .id()
}

/// Two days: one job published, looked at by two, applied for by both; a day later
/// one of them is accepted, and a job of somebody else is published. Gives the two
/// employers and the first job.
async fn two_days(app: &TestApp) -> (Client, Client, Uuid) {
    let (one, other) = (app.employer().await, app.employer().await);
    let job = publish(&one, "Welder").await;
    let mut applications = Vec::new();
    for _ in 0..2 {
        let freelancer = app.freelancer().await;
        freelancer
            .get(&format!("/api/jobs/{job}/"))
            .await
            .expect(200);
        applications.push(apply(&freelancer, job).await);
    }
    app.drain_tasks().await;
    app.advance_time(DAY).await;
    let (one, other) = (app.login(&one.email).await, app.login(&other.email).await);
    accept(app, applications[0]).await;
    let elsewhere = json!({"title": "Waiter", "company": "Bistro", "status": "published"});
    other.post("/api/jobs/", elsewhere).await.expect(201);
    app.drain_tasks().await;
    (one, other, job)
}

/// postings, views, applications, hires of each of the last days.
fn rows(report: &Value, last: usize) -> Vec<[i64; 4]> {
    let days = report["days"].as_array().unwrap();
    let number = |day: &Value, name: &str| day[name].as_i64().unwrap();
    days[days.len() - last..]
        .iter()
        .map(|day| ["postings", "views", "applications", "hires"].map(|name| number(day, name)))
        .collect()
}

#[tokio::test]
async fn days_are_counted_for_the_board_the_employer_and_the_job() {
    let app = TestApp::start().await;
    let (one, other, job) = two_days(&app).await;
    let admin = app.admin().await;
    let report = admin.get(BOARD).await.expect(200).json;
    assert_eq!(report["time_zone"], "UTC");
    assert_eq!(report["days"].as_array().unwrap().len(), 30);
    assert_eq!(rows(&report, 3), [[0, 0, 0, 0], [1, 2, 2, 0], [1, 0, 0, 1]]);
    assert_eq!(report["total"]["conversion"], 1.0);
    let waited = report["total"]["time_to_hire_median"].as_i64().unwrap();
    assert!((86_400..86_500).contains(&waited), "{waited}");
    assert_eq!(report["total"]["time_to_hire_p90"], waited);
    assert_eq!(report["days"][29]["conversion"], json!(null));
    assert_eq!(report["days"][28]["time_to_hire_median"], json!(null));

    let mine = one.get(OWN).await.expect(200).json;
    assert_eq!(rows(&mine, 2), [[1, 2, 2, 0], [0, 0, 0, 1]]);
    let theirs = other.get(OWN).await.expect(200).json;
    assert_eq!(rows(&theirs, 2), [[0, 0, 0, 0], [1, 0, 0, 0]]);
    let of_job = one
        .get(&format!("{OWN}?job_id={job}"))
        .await
        .expect(200)
        .json;
    assert_eq!(rows(&of_job, 2), rows(&mine, 2));
    let of_job = admin
        .get(&format!("{BOARD}?job_id={job}"))
        .await
        .expect(200)
        .json;
    assert_eq!(rows(&of_job, 2), rows(&mine, 2));
    other.get(&format!("{OWN}?job_id={job}")).await.expect(404);
    let profile = one.get("/api/employers/profile/").await.expect(200).id();
    let of_one = admin.get(&format!("{BOARD}?employer_id={profile}")).await;
    assert_eq!(of_one.expect(200).json["days"], mine["days"]);
}

#[tokio::test]
async fn rolled_up_days_say_what_the_events_said_however_often() {
    let app = TestApp::start().await;
    let (one, _, job) = two_days(&app).await;
    let admin = app.admin().await;
    let asked = [
        (&admin.email, BOARD.to_owned()),
        (&one.email, OWN.to_owned()),
        (&one.email, format!("{OWN}?job_id={job}")),
    ];
    // Nobody's token lives as long as this test.
    let days = async |email: &str, path: &str| -> Value {
        let client = app.login(email).await;
        client.get(path).await.expect(200).json["days"].clone()
    };
    let mut live = Vec::new();
    for (email, path) in &asked {
        live.push(days(email, path).await);
    }
    let same = async || {
        for ((email, path), live) in asked.iter().zip(&live) {
            let (from, to) = (&live[0]["day"], &live[29]["day"]);
            let (from, to) = (from.as_str().unwrap(), to.as_str().unwrap());
            let mark = if path.contains('?') { '&' } else { '?' };
            let whole = format!("{path}{mark}from={from}&to={to}");
            assert_eq!(days(email, &whole).await, *live, "{whole}");
            // What is rolled up of later days is not in it.
            let first = live[28]["day"].as_str().unwrap();
            let one = format!("{path}{mark}from={first}&to={first}");
            assert_eq!(days(email, &one).await, json!([live[28]]), "{one}");
        }
    };
    let rolled_up = async || -> i64 {
        sqlx::query_scalar("select count(*) from board_day_counts")
            .fetch_one(&app.db)
            .await
            .unwrap()
    };
    // The first day is over, the second one is not.
    app.enqueue(&RollUp {}).await;
    app.drain_tasks().await;
    assert_eq!(rolled_up().await, 1);
    same().await;
    app.advance_time(DAY).await;
    for _ in 0..2 {
        app.enqueue(&RollUp {}).await;
        app.drain_tasks().await;
        assert_eq!(rolled_up().await, 2);
        same().await;
    }
    // Counted again from the beginning it is the same.
    sqlx::query("delete from board_day_counts")
        .execute(&app.db)
        .await
        .unwrap();
    app.enqueue(&RollUp {}).await;
    app.drain_tasks().await;
    same().await;
    // What is rolled up is not read from the events: a deleted job stays counted
    // for the board.
    let admin = app.login(&admin.email).await;
    admin.delete(&format!("/api/jobs/{job}/")).await.expect(204);
    let path = format!("{BOARD}?to={}", live[0][29]["day"].as_str().unwrap());
    assert_eq!(days(&admin.email, &path).await, live[0]);
    app.drain_tasks().await;
}

#[tokio::test]
async fn a_long_past_is_rolled_up_in_steps() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    let job = publish(&employer, "Welder").await;
    sqlx::query(
        "insert into job_views (job_id, viewed_at)
         select $1, app_now() - make_interval(days => n) from generate_series(1, 120) n",
    )
    .bind(job)
    .execute(&app.db)
    .await
    .unwrap();
    app.enqueue(&RollUp {}).await;
    let report = app.drain_tasks().await;
    assert!(report.failures.is_empty(), "{:?}", report.failures);
    let days: i64 = sqlx::query_scalar("select count(*) from board_day_counts where views = 1")
        .fetch_one(&app.db)
        .await
        .unwrap();
    assert_eq!(days, 120);
    let today = employer.get(OWN).await.expect(200).json["to"].clone();
    let today: NaiveDate = today.as_str().unwrap().parse().unwrap();
    let from = today - Days::new(200);
    let report = employer
        .get(&format!("{OWN}?from={from}"))
        .await
        .expect(200)
        .json;
    assert_eq!(report["total"]["views"], 120);
}

#[tokio::test]
async fn a_day_begins_at_midnight_utc() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    let job = publish(&employer, "Welder").await;
    sqlx::query(
        "insert into job_views (job_id, viewed_at)
         select $1, (date_trunc('day', app_now() at time zone 'UTC') at time zone 'UTC') + shift
         from unnest(array[interval '-1 microsecond', interval '0']) shift",
    )
    .bind(job)
    .execute(&app.db)
    .await
    .unwrap();
    let report = employer.get(OWN).await.expect(200).json;
    let views: Vec<i64> = rows(&report, 2).iter().map(|row| row[1]).collect();
    assert_eq!(views, [1, 1]);
    app.drain_tasks().await;
}

#[tokio::test]
async fn a_range_is_bounded_and_wrong_ones_are_named() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    let today: NaiveDate = employer.get(OWN).await.expect(200).json["to"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let ask = async |query: String| employer.get(&format!("{OWN}?{query}")).await;
    let year = today - Days::new(365);
    let report = ask(format!("from={year}")).await.expect(200).json;
    assert_eq!(report["days"].as_array().unwrap().len(), 366);
    for (query, expected) in [
        (
            format!("from={}", year - Days::new(1)),
            error("from", "range_too_long"),
        ),
        (
            format!("from={today}&to={year}"),
            error("from", "after_end"),
        ),
        (
            format!("to={}", today + Days::new(1)),
            error("to", "in_the_future"),
        ),
        ("from=yesterday".to_owned(), error("from", "invalid_format")),
    ] {
        let refused = ask(query.clone()).await.expect(422);
        assert_eq!(refused.field_errors(), [expected], "{query}");
    }
}

#[tokio::test]
async fn in_a_browser_the_figures_are_drawn() {
    let app = TestApp::start().await;
    two_days(&app).await;
    let admin = app.admin().await;
    let mut browser = Browser::start().await;
    let page = format!("{}/admin/analytics/", app.base);
    browser.open_signed_in(&page, &admin.email).await;
    browser
        .click("header nav a[href='/admin/analytics/']")
        .await;
    browser
        .until("document.querySelector('#views')?.innerText === '2'")
        .await;
    for (id, shown) in [
        ("postings", "2"),
        ("applications", "2"),
        ("conversion", "100.0 %"),
        ("hires", "1"),
    ] {
        let text = browser
            .value(&format!("document.querySelector('#{id}').innerText"))
            .await;
        assert_eq!(text, shown, "{id}");
    }
    let bars = browser
        .value("document.querySelectorAll('svg.plot').length")
        .await;
    assert_eq!(bars, 6);
    // Drawn, not only there: a bar has a height.
    browser
        .until("[...document.querySelectorAll('svg.plot rect.one')].some(bar => bar.getBoundingClientRect().height > 20)")
        .await;
    browser.click(".tabs a:nth-child(2)").await;
    browser
        .until("document.querySelectorAll('svg.plot')[0].querySelectorAll('g').length === 90")
        .await;
    assert!(browser.complaints.is_empty(), "{:?}", browser.complaints);
}
