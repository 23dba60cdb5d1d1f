//! What processes tell a Prometheus, and the health of the workers.

use std::{collections::BTreeMap, process::Stdio, time::Duration};

use jobboard_shared::search::tasks::RefreshJobs;
use serde_json::json;
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::support::{self, TestApp, WorkerProcess, free_address};

/// Sample -> value.
fn samples(text: &str) -> BTreeMap<String, f64> {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let (sample, value) = line.rsplit_once(' ').expect("a sample");
            (sample.to_owned(), value.parse().expect("a number"))
        })
        .collect()
}

/// Asks until the condition holds.
async fn scrape(address: &str, until: impl Fn(&BTreeMap<String, f64>) -> bool) -> String {
    let mut last = String::new();
    for _ in 0..1500 {
        if let Ok(response) = reqwest::get(format!("http://{address}/metrics")).await {
            assert_eq!(response.status(), 200);
            last = response.text().await.unwrap();
            if until(&samples(&last)) {
                return last;
            }
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("waited in vain: {last}");
}

#[tokio::test]
async fn a_worker_tells_what_ran_what_waits_and_how_it_fares() {
    let mut app = TestApp::start().await;
    app.leave_tasks();
    for _ in 0..3 {
        let job_ids = vec![Uuid::new_v4()];
        app.enqueue(&RefreshJobs { job_ids }).await;
    }
    // Not one of the queues of this worker: it waits.
    sqlx::query(
        "insert into tasks (queue, kind, args, max_attempts, run_at, enqueued_at)
         select 'other', 'other.kind', '{}', 1, app_now() - interval '1 minute', app_now()
         from generate_series(1, 7)",
    )
    .execute(&app.db)
    .await
    .unwrap();
    sqlx::query(
        "insert into task_minutes (minute, queue, kind, worker, done, waits, runs, run_seconds)
         values (app_now(), 'other', 'other.kind', 'w', 2, '{}', '{}', 5)",
    )
    .execute(&app.db)
    .await
    .unwrap();
    let address = free_address().await;
    let variables = [
        ("JOBBOARD_METRICS_ADDR", address.as_str()),
        ("JOBBOARD_QUEUES", "search=2,default=1"),
    ];
    let _worker = WorkerProcess::start_with(&app, &variables);
    let done =
        r#"jobboard_task_runs_total{queue="search",kind="search.refresh_jobs",outcome="done"}"#;
    let text = scrape(&address, |samples| samples.get(done) == Some(&3.0)).await;
    let found = samples(&text);
    let counted = r#"jobboard_task_run_seconds_count{queue="search",kind="search.refresh_jobs"}"#;
    assert_eq!(found[counted], 3.0);
    assert_eq!(
        found[r#"jobboard_queue_tasks{queue="other",state="due"}"#],
        7.0
    );
    assert!(found[r#"jobboard_queue_oldest_due_seconds{queue="other"}"#] >= 60.0);
    let work = found[r#"jobboard_queue_waiting_work_seconds{queue="other"}"#];
    assert!((work - 17.5).abs() < 1e-6, "7 tasks of 2.5 s each: {work}");
    assert_eq!(found["jobboard_heartbeats_failed_total"], 0.0);
    assert_eq!(
        found[r#"jobboard_db_connections_max{pool="machinery"}"#],
        4.0
    );
    assert!(
        found.contains_key(r#"jobboard_mails{status="unknown"}"#),
        "{text}"
    );
    assert!(found.contains_key("jobboard_workers_alive"));
}

#[tokio::test]
async fn a_taken_port_is_told_at_the_start() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let mut app = TestApp::start().await;
    app.leave_tasks();
    for part in ["worker", "api"] {
        let output = support::part(&app, part)
            .env("JOBBOARD_OUTBOX_DIR", app.outbox())
            .env("JOBBOARD_HTTP_ADDR", "127.0.0.1:0")
            .env("JOBBOARD_METRICS_ADDR", &address)
            .stderr(Stdio::piped())
            .output()
            .await
            .unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success());
        assert!(told.contains(&format!("{address} is in use")), "{told}");
        assert!(told.contains("JOBBOARD_METRICS_ADDR"), "{told}");
    }
}

#[tokio::test]
async fn the_api_tells_its_requests_by_route() {
    let app = TestApp::start_with(|config| {
        config.metrics_addr = Some(([127, 0, 0, 1], 0).into());
    })
    .await;
    app.anonymous().get("/api/jobs/").await.expect(200);
    for _ in 0..2 {
        let unknown = format!("/api/jobs/{}/", Uuid::new_v4());
        app.anonymous().get(&unknown).await.expect(404);
    }
    app.anonymous().get("/no/such/page").await.expect(404);
    let text = app.metrics.render();
    let found = samples(&text);
    let requests = |labels: &str| found[&format!("jobboard_http_requests_total{{{labels}}}")];
    assert_eq!(
        requests(r#"method="GET",route="/api/jobs",status="200""#),
        1.0
    );
    assert_eq!(
        requests(r#"method="GET",route="/api/jobs/{id}",status="404""#),
        2.0
    );
    assert_eq!(requests(r#"method="GET",route="-",status="404""#), 1.0);
    assert_eq!(found["jobboard_http_requests_in_flight"], 0.0);
    assert!(found.contains_key(r#"jobboard_db_connections{pool="api",state="idle"}"#));
}

/// Where no worker is left, somebody has to say so.
#[tokio::test]
async fn an_api_without_workers_tells_of_the_queues() {
    let mut app = TestApp::start().await;
    app.leave_tasks();
    let job_ids = vec![Uuid::new_v4()];
    app.enqueue(&RefreshJobs { job_ids }).await;
    let address = free_address().await;
    let _api = support::part(&app, "api")
        .env("JOBBOARD_OUTBOX_DIR", app.outbox())
        .env("JOBBOARD_HTTP_ADDR", "127.0.0.1:0")
        .env("JOBBOARD_METRICS_ADDR", &address)
        .spawn()
        .unwrap();
    let alive = "jobboard_workers_alive";
    let text = scrape(&address, |samples| samples.contains_key(alive)).await;
    let found = samples(&text);
    assert_eq!(found[alive], 0.0);
    let due = r#"jobboard_queue_tasks{queue="search",state="due"}"#;
    assert_eq!(found[due], 1.0);
}

async fn seen_worker(app: &TestApp) {
    sqlx::query(
        "insert into workers (id, host, pid, version, queues, lease, started_at, seen_at)
         values ('w', 'h', 1, '1', '{}', '30 s', app_now(), app_now())",
    )
    .execute(&app.db)
    .await
    .unwrap();
}

#[tokio::test]
async fn the_workers_are_healthy_while_they_live_and_keep_up() {
    let mut app = TestApp::start().await;
    app.leave_tasks();
    let ask = async || app.anonymous().get("/health/worker/").await;
    let none = ask().await.expect(503);
    assert_eq!(none.json["code"], "workers_unhealthy");
    assert_eq!(none.json["detail"], "no worker is alive");

    seen_worker(&app).await;
    let well = ask().await.expect(200);
    assert_eq!(
        (&well.json["workers"], &well.json["queues"]),
        (&json!(1), &json!([]))
    );
    app.anonymous().get("/health/celery/").await.expect(200);

    let job_ids = vec![Uuid::new_v4()];
    app.enqueue(&RefreshJobs { job_ids }).await;
    let waiting = ask().await.expect(200);
    assert_eq!(waiting.json["queues"][0]["queue"], "search");

    sqlx::query("update tasks set run_at = app_now() - interval '301 s'")
        .execute(&app.db)
        .await
        .unwrap();
    let late = ask().await.expect(503);
    let detail = late.json["detail"].as_str().unwrap();
    assert!(detail.starts_with("queue search: the oldest due task has waited 301 s"));

    sqlx::query("insert into queue_controls (queue, paused_at) values ('search', app_now())")
        .execute(&app.db)
        .await
        .unwrap();
    let paused = ask().await.expect(200);
    assert_eq!(paused.json["queues"][0]["paused"], true);

    app.advance_time(Duration::from_secs(61)).await;
    let dead = ask().await.expect(503);
    assert_eq!(dead.json["detail"], "no worker is alive");
}
