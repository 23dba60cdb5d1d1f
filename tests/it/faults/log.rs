//! A log that cannot be written: a full disk, or nobody left who reads.

use std::{fs::File, process::Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};

use super::PATIENCE;
use crate::support::{TestApp, free_address, part, until};

fn without_log(mut command: Command) -> Child {
    let full = File::options().write(true).open("/dev/full").unwrap();
    command.stderr(Stdio::from(full)).spawn().unwrap()
}

async fn ends_in_order(mut child: Child) {
    let pid = Pid::from_raw(child.id().unwrap().cast_signed()).unwrap();
    kill_process(pid, Signal::TERM).unwrap();
    let status = tokio::time::timeout(PATIENCE, child.wait()).await;
    let status = status.expect("it heeds the signal").unwrap();
    assert_eq!(status.code(), Some(0));
}

#[tokio::test]
async fn a_worker_that_cannot_write_its_log_goes_on_and_stops_when_told() {
    let mut app = TestApp::start().await;
    app.leave_tasks();
    let mut command = part(&app, "worker");
    command.env("JOBBOARD_OUTBOX_DIR", app.outbox());
    let worker = without_log(command);
    for _ in 0..3 {
        // Which it has no handler for, and says so.
        sqlx::query(
            "insert into tasks (queue, kind, args, max_attempts, run_at, enqueued_at)
             values ('search', 'none.such', '{}', 1, app_now(), app_now())",
        )
        .execute(&app.db)
        .await
        .unwrap();
    }
    let dead = async || -> i64 {
        sqlx::query_scalar("select count(*) from dead_tasks")
            .fetch_one(&app.db)
            .await
            .unwrap()
    };
    until("all are dead", async || dead().await == 3).await;
    ends_in_order(worker).await;
}

#[tokio::test]
async fn an_api_that_cannot_write_its_log_answers_and_stops_when_told() {
    let app = TestApp::start().await;
    let address = free_address().await;
    let mut command = part(&app, "api");
    command
        .env("JOBBOARD_OUTBOX_DIR", app.outbox())
        .env("JOBBOARD_HTTP_ADDR", &address)
        .env("RUST_LOG", "debug");
    let api = without_log(command);
    let http = reqwest::Client::new();
    let ask = async |path: &str| http.get(format!("http://{address}{path}")).send().await;
    until("it answers", async || ask("/health/").await.is_ok()).await;
    for _ in 0..5 {
        assert_eq!(ask("/api/jobs/").await.unwrap().status(), 200);
        assert_eq!(ask("/api/nothing/").await.unwrap().status(), 404);
    }
    ends_in_order(api).await;
}
