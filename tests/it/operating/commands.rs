//! The commands as processes, on nothing but the database's address.

use std::process::{Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
};

use super::dead;
use crate::support::TestApp;

fn command(app: &TestApp, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jobboard"));
    command
        .args(words)
        .current_dir(std::env::temp_dir())
        .env("DATABASE_URL", app.database_url())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

async fn output(app: &TestApp, words: &[&str]) -> Output {
    command(app, words).output().await.unwrap()
}

async fn text(app: &TestApp, words: &[&str]) -> String {
    let output = output(app, words).await;
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

async fn json_of(app: &TestApp, words: &[&str]) -> Value {
    serde_json::from_str(&text(app, words).await).unwrap()
}

#[tokio::test]
async fn dead_tasks_are_shown_and_retried() {
    let app = TestApp::start().await;
    let ids = dead(&app, 3).await;
    let table = text(&app, &["tasks", "list"]).await;
    assert!(table.starts_with("TASK "), "{table}");
    assert_eq!(table.lines().count(), 4, "{table}");
    assert!(table.contains("the disk is <full>"), "{table}");
    let listed = json_of(
        &app,
        &["tasks", "list", "--json", "--kind", "search.refresh_jobs"],
    )
    .await;
    assert_eq!(listed["results"][2]["id"], ids[0]);
    let shown = text(&app, &["tasks", "show", &ids[0].to_string()]).await;
    assert!(
        shown.contains("error       2026-11-22T10:00:00Z, attempt 3, on w1"),
        "{shown}"
    );

    let said = text(&app, &["tasks", "discard", &ids[0].to_string()]).await;
    assert_eq!(said, "1 task discarded\n");
    let retried = json_of(
        &app,
        &["tasks", "retry", "--all", "--queue", "search", "--json"],
    )
    .await;
    assert_eq!(retried, json!({"ids": [ids[1], ids[2]]}));
    assert_eq!(app.drain_tasks().await.done, 2);

    let wrong = output(&app, &["tasks", "retry", &ids[1].to_string()]).await;
    assert!(!wrong.status.success());
    let said = String::from_utf8(wrong.stderr).unwrap();
    assert!(
        said.contains("only a dead task can be retried; this one is finished"),
        "{said}"
    );
    assert!(!output(&app, &["tasks", "retry"]).await.status.success());
}

#[tokio::test]
async fn many_are_retried_without_end_but_none_twice() {
    let app = TestApp::start().await;
    dead(&app, 1100).await;
    let said = text(&app, &["tasks", "retry", "--all"]).await;
    assert!(said.ends_with("1100 tasks retried\n"), "{said}");
    assert_eq!(app.drain_tasks().await.done, 1100);
}

#[tokio::test]
async fn each_list_has_a_table_and_json() {
    let app = TestApp::start().await;
    dead(&app, 1).await;
    for _ in 0..2 {
        jobboard_worker::tick(&app.worker).await.unwrap();
    }
    sqlx::query(
        "with worker as (
             insert into workers (id, host, pid, version, queues, lease, started_at, seen_at)
             values ('w1', 'host', 7, '0.1.0', '{\"mail\": 8}', '30 s', app_now(), app_now()))
         insert into task_batches (name, total, created_at) values ('import', 3, app_now())",
    )
    .execute(&app.db)
    .await
    .unwrap();
    for (words, heading, part) in [
        ("queues", "QUEUE", "search"),
        ("workers", "WORKER", "mail=8"),
        ("schedule", "LINE", "cron 10 3 * * *"),
        ("batches", "BATCH", "import"),
    ] {
        let table = text(&app, &[words]).await;
        assert!(
            table.starts_with(heading) && table.contains(part),
            "{table}"
        );
        let list = json_of(&app, &[words, "--json"]).await;
        assert!(!list["results"].as_array().unwrap().is_empty(), "{words}");
    }
    let answer = app.admin().await.get("/api/admin/tasks/queues/").await;
    let listed = json_of(&app, &["queues", "list", "--json"]).await;
    let mut names: Vec<_> = listed["results"][0].as_object().unwrap().keys().collect();
    let mut of_api: Vec<_> = answer.results()[0].as_object().unwrap().keys().collect();
    names.sort();
    of_api.sort();
    assert_eq!(names, of_api, "the same words");
}

#[tokio::test]
async fn a_mail_that_perhaps_arrived_is_sent_again() {
    let app = TestApp::start().await;
    let id = super::unknown_mail(&app).await.to_string();
    let table = text(&app, &["mails", "list"]).await;
    assert!(
        table.contains(&id) && table.contains("no answer"),
        "{table}"
    );
    assert_eq!(
        text(&app, &["mails", "list", "--status", "dead"]).await,
        "none\n"
    );
    assert_eq!(
        text(&app, &["mails", "resend", &id]).await,
        "1 mail is sent again\n"
    );
    assert!(
        !output(&app, &["mails", "resend", &id])
            .await
            .status
            .success()
    );
    app.drain_tasks().await;
}

#[tokio::test]
async fn a_queue_is_drained_and_stays_paused_when_the_watching_ends() {
    let mut app = TestApp::start().await;
    app.leave_tasks();
    sqlx::query(
        "insert into tasks (queue, kind, args, max_attempts, run_at, enqueued_at, lease_until,
                            leased_by, started_at)
         values ('mail', 'k', '{}', 1, app_now(), app_now(), app_now() + interval '1 hour', 'w',
                 app_now())",
    )
    .execute(&app.db)
    .await
    .unwrap();
    for interrupted in [true, false] {
        let mut child = command(&app, &["queues", "drain", "mail"]).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = lines.next_line().await.unwrap().unwrap();
        assert_eq!(first, "mail is paused, 1 still running");
        if interrupted {
            let id = Pid::from_raw(i32::try_from(child.id().unwrap()).unwrap()).unwrap();
            kill_process(id, Signal::INT).unwrap();
        } else {
            sqlx::query("delete from tasks")
                .execute(&app.db)
                .await
                .unwrap();
        }
        let expected = match interrupted {
            true => "mail stays paused, 1 still running",
            false => "mail is paused and nothing of it runs",
        };
        assert_eq!(lines.next_line().await.unwrap().unwrap(), expected);
        assert!(child.wait().await.unwrap().success());
    }
    let queues = json_of(&app, &["queues", "--json"]).await;
    assert!(queues["results"][0]["paused_at"].is_string(), "{queues}");
    let limited = [
        "queues",
        "limit",
        "mail",
        "--max-running",
        "2",
        "--rate",
        "5/60",
        "--json",
    ];
    let queues = json_of(&app, &limited).await;
    assert_eq!(queues["results"][0]["rate_period_seconds"], 60.0);
    let queues = text(&app, &["queues", "resume", "mail"]).await;
    assert!(queues.contains("2 at once, 5 in 60 s"), "{queues}");
}
