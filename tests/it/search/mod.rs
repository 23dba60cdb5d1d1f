//! Jobs are found as soon as the queue is drained, and only while they are live.

mod blocks;
mod checks;
mod corrections;
mod facts;
mod log;
pub(crate) mod naive;
mod spelling;
mod synonyms;
mod typos;
mod words;

use std::time::Duration;

use jobboard_shared::search::{
    self,
    tasks::{RefreshJobs, RemoveExpired, Scope, enqueue_scope},
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Client, TestApp};

/// Publishes a job; `more` adds to it or changes it.
async fn publish(employer: &Client, title: &str, more: Value) -> Uuid {
    let mut job = json!({
        "title": title, "company": "Acme", "description": "What it is about.",
        "status": "published",
    });
    for (name, value) in more.as_object().expect("an object") {
        job[name] = value.clone();
    }
    employer.post("/api/jobs/", job).await.expect(201).id()
}

/// The titles that a search finds, in order; `query` is everything after "?".
async fn found(app: &TestApp, query: &str) -> Vec<String> {
    let path = format!("/api/jobs/search/?{query}");
    let answer = app.anonymous().get(&path).await.expect(200);
    titles(answer.results())
}

fn titles(results: &[Value]) -> Vec<String> {
    results
        .iter()
        .map(|job| job["title"].as_str().expect("a title").to_owned())
        .collect()
}

async fn found_sorted(app: &TestApp, query: &str) -> Vec<String> {
    let mut titles = found(app, query).await;
    titles.sort();
    titles
}

#[tokio::test]
async fn a_published_job_is_found_with_what_lists_show_and_a_snippet() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    let id = publish(
        &employer,
        "Backend Engineer",
        json!({"description": "<p>We write Python & <b>Django</b>.</p>",
               "location": "San Francisco, CA", "salary_min": 100000, "salary_max": 150000}),
    )
    .await;
    app.assert_enqueued(|task: &RefreshJobs| task.job_ids == [id])
        .await;
    assert_eq!(found(&app, "q=python").await, Vec::<String>::new());
    app.drain_tasks().await;
    // As the product's own example asks.
    let answer = employer
        .get("/api/jobs/search/?q=python+django&location=San+Francisco&page=1&page_size=20")
        .await
        .expect(200);
    assert_eq!(answer.json["count"], 1);
    assert_eq!(answer.json["page"], 1);
    assert_eq!(answer.json["page_size"], 20);
    let job = &answer.results()[0];
    assert_eq!(job["id"], json!(id));
    assert_eq!(job["company"]["name"], "Acme");
    assert_eq!(job["location"], "San Francisco, CA");
    assert_eq!(
        job["snippet"],
        "We write <mark>Python</mark> &amp; <mark>Django</mark>."
    );
    let score = job["score"].as_f64().expect("a score");
    assert!((0.0..=1.0).contains(&score));
}

#[tokio::test]
async fn an_edit_moves_a_job_and_closing_removes_it() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    let id = publish(&employer, "Painter", json!({})).await;
    app.drain_tasks().await;
    assert_eq!(found(&app, "q=painter").await, ["Painter"]);
    let path = format!("/api/jobs/{id}/");
    for title in ["Glazier", "Roofer", "Plumber"] {
        employer
            .patch(&path, json!({"title": title}))
            .await
            .expect(200);
    }
    assert_eq!(
        app.pending_tasks::<RefreshJobs>().await.len(),
        1,
        "three edits are one refresh"
    );
    app.drain_tasks().await;
    assert_eq!(found(&app, "q=painter").await, Vec::<String>::new());
    assert_eq!(found(&app, "q=plumber").await, ["Plumber"]);
    employer
        .post(&format!("{path}close/"), json!({}))
        .await
        .expect(200);
    // Before the worker knows, and after it.
    assert_eq!(found(&app, "q=plumber").await, Vec::<String>::new());
    app.drain_tasks().await;
    assert_eq!(documents(&app).await, 0);
}

#[tokio::test]
async fn an_expired_job_is_out_of_sight_at_once_and_swept_later() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    let soon = app.clock.now() + chrono::TimeDelta::hours(1);
    publish(&employer, "Short-lived", json!({"expires_at": soon})).await;
    publish(&employer, "Lasting", json!({})).await;
    app.drain_tasks().await;
    assert_eq!(found_sorted(&app, "").await, ["Lasting", "Short-lived"]);
    app.advance_time(Duration::from_secs(2 * 3600)).await;
    assert_eq!(found(&app, "").await, ["Lasting"]);
    assert_eq!(documents(&app).await, 2);
    for _ in 0..2 {
        app.enqueue(&RemoveExpired {}).await;
        app.drain_tasks().await;
        assert_eq!(documents(&app).await, 1);
    }
}

async fn documents(app: &TestApp) -> i64 {
    sqlx::query_scalar("select count(*) from job_search_documents")
        .fetch_one(&app.db)
        .await
        .expect("count")
}

#[tokio::test]
async fn refreshing_twice_changes_nothing_and_a_rebuild_repairs() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    let mut ids = vec![];
    for number in 0..3 {
        ids.push(publish(&employer, &format!("Job {number}"), json!({})).await);
    }
    app.drain_tasks().await;
    let mut tx = app.db.begin().await.expect("begin");
    let again = search::refresh(&mut tx, &ids).await.expect("refresh");
    assert_eq!(again, search::Refreshed::default());
    // What the tasks of a lost queue would have done.
    sqlx::raw_sql(
        "delete from job_search_documents where job_id = (select max(job_id::text)::uuid from job_search_documents);
         update jobs set title = 'Renamed' where title = 'Job 0';
         update jobs set status = 'closed' where title = 'Job 1'",
    )
    .execute(&mut *tx)
    .await
    .expect("spoil the index");
    tx.commit().await.expect("commit");
    let command = tokio::process::Command::new(env!("CARGO_BIN_EXE_jobboard"))
        .args(["reindex", "--detach"])
        .current_dir(std::env::temp_dir())
        .env("DATABASE_URL", app.database_url())
        .output()
        .await
        .expect("run the command");
    assert!(command.status.success(), "{command:?}");
    app.drain_tasks().await;
    assert_eq!(found_sorted(&app, "").await, ["Job 2", "Renamed"]);
    assert_eq!(documents(&app).await, 2);
    // A job that is gone is no failure.
    app.enqueue(&RefreshJobs {
        job_ids: vec![Uuid::nil()],
    })
    .await;
    assert!(app.drain_tasks().await.failures.is_empty());
}

/// Whether they come as a batch or as a scope.
#[tokio::test]
async fn a_job_that_cannot_be_written_costs_itself_alone() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    let mut job_ids = vec![];
    for title in ["Good", "Bad", "Better"] {
        job_ids.push(publish(&employer, title, json!({})).await);
    }
    app.drain_tasks().await;
    sqlx::raw_sql(
        "create function refuse() returns trigger language plpgsql as $$
             begin
                 if exists (select from jobs where id = new.job_id and title = 'Bad') then
                     raise 'row is too big' using errcode = '54000';
                 end if;
                 return new;
             end $$;
         create trigger refuse before insert on job_search_documents
             for each row execute function refuse();",
    )
    .execute(&app.db)
    .await
    .expect("a document that is refused");
    for scope in [false, true] {
        sqlx::raw_sql("delete from job_search_documents; delete from tasks")
            .execute(&app.db)
            .await
            .expect("empty the index");
        if scope {
            let mut conn = app.db.acquire().await.expect("a connection");
            enqueue_scope(&mut conn, Scope::All).await.expect("enqueue");
        } else {
            let job_ids = job_ids.clone();
            app.enqueue(&RefreshJobs { job_ids }).await;
        }
        let report = app.drain_tasks().await;
        assert_eq!(found_sorted(&app, "").await, ["Better", "Good"]);
        assert_eq!(report.failures.len(), 1, "{report:?}");
        let left = app.pending_tasks::<RefreshJobs>().await;
        assert_eq!(left.len(), 1);
        assert_eq!(left[0].job_ids, [job_ids[1]]);
    }
}

#[tokio::test]
async fn a_new_company_name_reaches_its_jobs() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    let id = publish(&employer, "Painter", json!({})).await;
    app.drain_tasks().await;
    let job = employer.get(&format!("/api/jobs/{id}/")).await.expect(200);
    let company = job.json["company"]["id"]
        .as_str()
        .expect("a company")
        .to_owned();
    employer
        .put(
            &format!("/api/companies/{company}/"),
            json!({"name": "Zenith"}),
        )
        .await
        .expect(200);
    app.drain_tasks().await;
    assert_eq!(found(&app, "q=zenith").await, ["Painter"]);
    assert_eq!(found(&app, "q=acme").await, Vec::<String>::new());
}

/// A refresh that has read an old state cannot write it over a newer one: the
/// newer refresh waits for it.
#[tokio::test]
async fn an_edit_between_reading_and_writing_is_not_lost() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    let id = publish(&employer, "Old title", json!({})).await;
    app.drain_tasks().await;
    sqlx::query("delete from job_search_documents")
        .execute(&app.db)
        .await
        .expect("empty the index");
    let mut slow = app.db.begin().await.expect("begin");
    search::refresh(&mut slow, &[id]).await.expect("refresh");
    let path = format!("/api/jobs/{id}/");
    employer
        .patch(&path, json!({"title": "New title"}))
        .await
        .expect(200);
    let worker = app.worker.clone();
    let fast = tokio::spawn(async move { jobboard_worker::drain(&worker).await });
    // It stands before the lock, or has not come to it yet: both must end well.
    while waiting(&app).await == 0 {
        tokio::task::yield_now().await;
    }
    slow.commit().await.expect("commit");
    fast.await.expect("join").expect("drain");
    assert_eq!(found(&app, "").await, ["New title"]);
}

async fn waiting(app: &TestApp) -> i64 {
    sqlx::query_scalar(
        "select count(*) from pg_locks where locktype = 'advisory' and not granted
         and database = (select oid from pg_database where datname = current_database())",
    )
    .fetch_one(&app.db)
    .await
    .expect("locks")
}
