//! Bulk imports: every row is a job, a duplicate or a reported error.

mod ends;

use jobboard_shared::imports::tasks::ContinueImport;
use reqwest::{Method, header};
use serde_json::{Value, json};
use std::time::Duration;

use crate::support::{Client, Response, TestApp, WorkerProcess};

const CSV: &str = "text/csv";
const NDJSON: &str = "application/x-ndjson";

async fn upload(
    client: &Client,
    query: &str,
    format: &str,
    file: impl Into<reqwest::Body>,
) -> Response {
    let path = format!("/api/jobs/import/{query}");
    let request = client
        .request(Method::POST, &path)
        .header(header::CONTENT_TYPE, format)
        .body(file);
    Response::read(request, format!("POST {path}")).await
}

/// Uploads, runs the tasks and answers the report.
async fn import(
    app: &TestApp,
    client: &Client,
    query: &str,
    format: &str,
    file: impl Into<reqwest::Body>,
) -> Value {
    let id = upload(client, query, format, file).await.expect(202).id();
    app.drain_tasks().await;
    client
        .get(&format!("/api/imports/{id}/"))
        .await
        .expect(200)
        .json
}

fn counts(report: &Value) -> [i64; 5] {
    ["rows_done", "created", "updated", "duplicates", "failed"]
        .map(|name| report[name].as_i64().unwrap_or(-1))
}

fn ads(count: usize) -> String {
    (0..count)
        .map(|n| format!("{}\n", json!({"external_id": n.to_string(), "title": format!("Welder {n}"), "company": "Sparks Ltd", "location": "Berlin", "tech_stack": ["tig", "mig"]})))
        .collect()
}

#[tokio::test]
async fn good_rows_are_live_and_bad_ones_are_reported_by_line_field_and_reason() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let file = "external_id,title,company,salary_min,salary_max,salary_period\n\
                1,Painter,Brush Works,20,30,hourly\n\
                2,,Brush Works,,,\n\
                3,\"Glazier\nand more\",Brush Works,50,40,sometimes\n\
                1,Painter again,Brush Works,,,\n\
                4,too,few\n\
                5,Plasterer,Brush Works,,,\n";
    let report = import(&app, &admin, "?source=trades", CSV, file).await;
    assert_eq!(report["status"], "finished");
    assert_eq!(counts(&report), [6, 2, 0, 1, 3]);
    let errors: Vec<_> = report["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .flat_map(|row| {
            row["errors"]
                .as_array()
                .into_iter()
                .flatten()
                .map(move |error| {
                    (
                        row["row"].as_i64(),
                        row["line"].as_i64(),
                        error["field"].as_str(),
                        error["code"].as_str(),
                    )
                })
        })
        .collect();
    assert_eq!(
        errors,
        [
            (Some(2), Some(3), Some("title"), Some("required")),
            (Some(3), Some(4), Some("salary_max"), Some("below_minimum")),
            (
                Some(3),
                Some(4),
                Some("salary_period"),
                Some("invalid_choice")
            ),
            (Some(5), Some(7), Some(""), Some("column_count")),
        ]
    );
    let found = app
        .anonymous()
        .get("/api/jobs/search/?q=painter")
        .await
        .expect(200);
    assert_eq!(found.results().len(), 1, "the first row of an id wins");
    assert_eq!(found.results()[0]["title"], "Painter");
}

#[tokio::test]
async fn a_second_import_changes_nothing_and_an_edited_ad_is_updated() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let first = import(&app, &admin, "", NDJSON, ads(3)).await;
    assert_eq!(counts(&first), [3, 3, 0, 0, 0]);
    let second = import(&app, &admin, "", NDJSON, ads(3)).await;
    assert_eq!(counts(&second), [3, 0, 0, 3, 0]);
    let edited = ads(3).replace("Welder 1", "Senior Welder");
    let third = import(&app, &admin, "", NDJSON, edited).await;
    assert_eq!(counts(&third), [3, 0, 1, 2, 0]);
    let found = app
        .anonymous()
        .get("/api/jobs/search/?q=senior+welder")
        .await
        .expect(200);
    assert_eq!(found.results().len(), 1);
}

#[tokio::test]
async fn an_ad_without_an_id_is_known_by_its_content() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let ad = |title: &str| format!("{}\n", json!({"title": title, "company": "Acme"}));
    let file = ad("Cook") + &ad("Cook") + &ad("Waiter");
    let report = import(&app, &admin, "", NDJSON, file.clone()).await;
    assert_eq!(counts(&report), [3, 2, 0, 1, 0]);
    let again = import(&app, &admin, "", NDJSON, file).await;
    assert_eq!(counts(&again), [3, 0, 0, 3, 0]);
}

#[tokio::test]
async fn a_file_of_many_batches_adds_up_and_a_repeated_task_changes_nothing() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let id = upload(&admin, "", NDJSON, ads(700)).await.expect(202).id();
    app.assert_enqueued::<ContinueImport>(|task| task.import_id == id)
        .await;
    app.drain_tasks().await;
    let path = format!("/api/imports/{id}/");
    let report = admin.get(&path).await.expect(200).json;
    assert_eq!(counts(&report), [700, 700, 0, 0, 0]);
    app.enqueue(&ContinueImport { import_id: id }).await;
    app.drain_tasks().await;
    assert_eq!(admin.get(&path).await.expect(200).json, report);
    let live: i64 = sqlx::query_scalar("select count(*) from job_search_documents")
        .fetch_one(&app.db)
        .await
        .expect("count");
    assert_eq!(live, 700);
    assert_eq!(
        app.emails()
            .iter()
            .filter(|mail| mail.to == admin.email)
            .count(),
        1
    );
}

/// Asks for the report until it `is_there`.
async fn watch(client: &Client, path: &str, is_there: impl Fn(&Value) -> bool) -> Value {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(120);
    loop {
        let report = client.get(path).await.expect(200).json;
        if is_there(&report) {
            return report;
        }
        assert!(tokio::time::Instant::now() < deadline, "too late: {report}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_workers_change_no_count() {
    let mut app = TestApp::start().await;
    app.leave_tasks();
    let admin = app.admin().await;
    // Every third row repeats the one before, every seventh is broken.
    let file: String = ads(3000)
        .lines()
        .enumerate()
        .map(|(n, ad)| match n {
            n if n % 7 == 6 => "{broken\n".to_owned(),
            n if n % 3 == 2 => format!(
                "{}\n",
                ad.replace(&format!("\"{n}\""), &format!("\"{}\"", n - 1))
            ),
            _ => format!("{ad}\n"),
        })
        .collect();
    let id = upload(&admin, "", NDJSON, file.clone())
        .await
        .expect(202)
        .id();
    let path = format!("/api/imports/{id}/");
    let rows_done = |report: &Value| counts(report)[0];
    for _ in 0..3 {
        let before = rows_done(&admin.get(&path).await.expect(200).json);
        let worker = WorkerProcess::start(&app);
        watch(&admin, &path, |report| {
            rows_done(report) > before || report["status"] == "finished"
        })
        .await;
        worker.kill().await;
    }
    let between = admin.get(&path).await.expect(200).json;
    assert_eq!(
        between["status"], "running",
        "killed in the middle: {between}"
    );
    let worker = WorkerProcess::start(&app);
    let report = watch(&admin, &path, |report| report["status"] == "finished").await;
    worker.kill().await;

    let quiet = app.admin().await;
    let undisturbed = import(&app, &quiet, "", NDJSON, file).await;
    assert_eq!(counts(&report), counts(&undisturbed));
    assert_eq!(counts(&report)[0], 3000);
    let jobs: i64 = sqlx::query_scalar("select count(*) from jobs where imported_by = $1")
        .bind(admin.user_id)
        .fetch_one(&app.db)
        .await
        .expect("count");
    assert_eq!(jobs, counts(&report)[1]);
}

#[tokio::test]
async fn an_import_is_seen_by_its_account_alone() {
    let app = TestApp::start().await;
    let (admin, other) = (app.admin().await, app.admin().await);
    let id = upload(&admin, "", NDJSON, ads(1)).await.expect(202).id();
    app.drain_tasks().await;
    other.get(&format!("/api/imports/{id}/")).await.expect(404);
    app.anonymous()
        .get(&format!("/api/imports/{id}/"))
        .await
        .expect(401);
    let freelancer = app.freelancer().await;
    upload(&freelancer, "", NDJSON, ads(1)).await.expect(403);
    upload(&app.anonymous(), "", NDJSON, ads(1))
        .await
        .expect(401);
    // Accounts do not meet: the same ad of another account is another job.
    let report = import(&app, &other, "", NDJSON, ads(1)).await;
    assert_eq!(counts(&report), [1, 1, 0, 0, 0]);
}

#[tokio::test]
async fn an_employer_imports_for_their_own_companies() {
    let app = TestApp::start().await;
    let (one, two) = (app.employer().await, app.employer().await);
    let report = import(&app, &one, "", NDJSON, ads(2)).await;
    assert_eq!(counts(&report), [2, 2, 0, 0, 0]);
    assert_eq!(
        one.get("/api/employers/jobs/")
            .await
            .expect(200)
            .results()
            .len(),
        2
    );
    let report = import(&app, &two, "", NDJSON, ads(2)).await;
    assert_eq!(counts(&report), [2, 0, 0, 0, 2]);
    assert_eq!(
        report["errors"][0]["errors"][0]["code"],
        "company_not_yours"
    );
}

#[tokio::test]
async fn a_file_that_cannot_give_jobs_is_refused_at_once() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let refused = upload(&admin, "?map=titel=A", CSV, "a,b\n")
        .await
        .expect(422);
    assert_eq!(
        refused.field_errors(),
        [("map".to_owned(), "unknown_field".to_owned())]
    );
    let refused = upload(&admin, "", CSV, "Business Title,Agency\nx,y\n")
        .await
        .expect(422);
    assert_eq!(refused.field_errors().len(), 2, "{}", refused.text);
    upload(&admin, "", CSV, "").await.expect(422);
    let refused = upload(&admin, "?source=%20", CSV, "title,company\na,b\n")
        .await
        .expect(422);
    assert_eq!(
        refused.field_errors(),
        [("source".to_owned(), "blank".to_owned())]
    );
    upload(&admin, "", "application/pdf", "x").await.expect(415);
    let left: i64 = sqlx::query_scalar("select count(*) from imports")
        .fetch_one(&app.db)
        .await
        .expect("count");
    assert_eq!(left, 0);
}

#[tokio::test]
async fn a_file_past_the_limit_is_refused_and_forgotten() {
    let app = TestApp::start_with(|config| config.http.max_import_bytes = 1000).await;
    let admin = app.admin().await;
    upload(&admin, "", NDJSON, ads(100)).await.expect(413);
    let left: i64 = sqlx::query_scalar("select count(*) from imports")
        .fetch_one(&app.db)
        .await
        .expect("count");
    assert_eq!(left, 0);
}

#[tokio::test]
async fn blank_lines_without_end_end() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let file = format!("title,company\n{}Cook,Inn\n", "\n".repeat(3_000_000));
    let report = import(&app, &admin, "", CSV, file).await;
    assert_eq!(counts(&report), [1, 1, 0, 0, 0]);
}
