use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::support::TestApp;

async fn run(app: &TestApp, sql: &'static str) {
    sqlx::query(sql).execute(&app.db).await.unwrap();
}

#[tokio::test]
async fn the_schedule_says_when_its_lines_tick() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    // Known at the first look, described at the second.
    for _ in 0..2 {
        jobboard_worker::tick(&app.worker).await.unwrap();
    }
    let answer = admin.get("/api/admin/tasks/schedule/").await.expect(200);
    let line = |name: &str| {
        let found = answer.results().iter().find(|line| line["name"] == name);
        found.unwrap().clone()
    };
    let time = |line: &Value, name: &str| -> DateTime<Utc> {
        line[name].as_str().unwrap().parse().unwrap()
    };
    let plan = line("recommendations.plan");
    assert_eq!(plan["rhythm"], "cron 10 3 * * *");
    assert_eq!(plan["missed"], "skip");
    assert!(time(&plan, "next_tick") > time(&plan, "last_tick"));
    let minute = line("jobs.close_expired");
    assert_eq!(minute["rhythm"], "every 60 s");

    app.advance_time(std::time::Duration::from_secs(60)).await;
    jobboard_worker::tick(&app.worker).await.unwrap();
    let answer = admin.get("/api/admin/tasks/schedule/").await.expect(200);
    let later = answer
        .results()
        .iter()
        .find(|l| l["name"] == "jobs.close_expired");
    let later = later.unwrap();
    assert_eq!(later["last_tick"], minute["next_tick"]);
    assert_eq!(
        time(later, "next_tick"),
        time(later, "last_tick") + chrono::TimeDelta::minutes(1)
    );
    app.drain_tasks().await;
}

#[tokio::test]
async fn workers_are_listed_with_what_they_run() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    run(
        &app,
        "insert into workers (id, host, pid, version, queues, lease, running, started_at, seen_at)
         select v.id, 'host', 7, '0.1.0', '{\"mail\": 8}', '30 s', 1, app_now(),
                app_now() - v.silence
         from (values ('w1', interval '1 s'), ('w2', interval '5 min')) v(id, silence)",
    )
    .await;
    let answer = admin.get("/api/admin/tasks/workers/").await.expect(200);
    let shown: Vec<_> = answer
        .results()
        .iter()
        .map(|worker| {
            (
                worker["id"].as_str().unwrap(),
                worker["alive"].as_bool().unwrap(),
            )
        })
        .collect();
    assert_eq!(shown, [("w1", true), ("w2", false)]);
    assert_eq!(answer.results()[0]["queues"], json!({"mail": 8}));
    let mail = super::queue(&admin, "mail").await;
    assert_eq!((&mail["workers"], &mail["slots"]), (&json!(1), &json!(8)));
}

#[tokio::test]
async fn batches_show_their_progress() {
    let mut app = TestApp::start().await;
    app.leave_tasks();
    let admin = app.admin().await;
    run(
        &app,
        "with batch as (
             insert into task_batches (name, total, created_at)
             select 'import ' || n, 3, app_now() from generate_series(1, 3) n returning id)
         insert into tasks (queue, kind, args, max_attempts, run_at, enqueued_at, batch_id)
         select 'imports', 'k', '{}', 1, app_now(), app_now(), max(id) from batch",
    )
    .await;
    let answer = admin
        .get("/api/admin/tasks/batches/?page_size=2")
        .await
        .expect(200);
    assert_eq!(answer.results()[0]["name"], "import 3");
    assert_eq!(answer.results()[0]["remaining"], 1);
    assert_eq!(answer.results()[1]["remaining"], 0);
    let cursor = answer.json["next_cursor"].as_str().unwrap();
    let path = format!("/api/admin/tasks/batches/?page_size=2&cursor={cursor}");
    let rest = admin.get(&path).await.expect(200);
    assert_eq!(rest.results()[0]["name"], "import 1");
    assert_eq!(rest.json["next_cursor"], Value::Null);
}
