use std::time::Duration;

use jobboard_shared::{
    queue::{LeaseKey, Settlement, TaskId, db},
    search::tasks::RefreshJobs,
};
use serde_json::{Value, json};

use super::{dead, dead_with_key, task};
use crate::support::{Client, TestApp};

const LEASE: Duration = Duration::from_secs(30);

fn refresh() -> RefreshJobs {
    RefreshJobs { job_ids: vec![] }
}

async fn only_id(app: &TestApp, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(&app.db).await.unwrap()
}

async fn ids(admin: &Client, query: &str) -> Vec<i64> {
    let answer = admin.get(&format!("/api/admin/tasks/?{query}")).await;
    let answer = answer.expect(200);
    let ids = answer.results().iter().map(|task| task["id"].as_i64());
    ids.map(Option::unwrap).collect()
}

#[tokio::test]
async fn a_dead_task_is_retried_and_ends_finished() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let id = dead(&app, 1).await[0];
    let before = task(&admin, id).await;
    assert_eq!(before["state"], "dead");
    assert_eq!(before["reason"], "attempts");
    assert_eq!(before["errors"][0]["error"], "the disk is <full>");
    assert_eq!(ids(&admin, "state=dead").await, [id]);

    let answer = admin
        .post(&format!("/api/admin/tasks/{id}/retry/"), Value::Null)
        .await
        .expect(200);
    assert_eq!(answer.json["id"], id);
    assert_eq!(answer.json["state"], "pending");
    assert_eq!(answer.json["attempt"], 0);
    assert_eq!(answer.json["errors"], before["errors"]);
    assert_eq!(ids(&admin, "state=pending").await, [id]);

    let report = app.drain_tasks().await;
    assert_eq!((report.done, report.failures.len()), (1, 0));
    let after = task(&admin, id).await;
    assert_eq!(after["state"], "finished");
    assert_eq!(after["worker"], "drain");
    assert_eq!(ids(&admin, "state=finished").await, [id]);
    assert!(ids(&admin, "state=dead").await.is_empty());
}

#[tokio::test]
async fn who_held_a_task_before_it_died_cannot_settle_its_retry() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    for known in [true, false] {
        let id = dead(&app, 1).await[0];
        if !known {
            // As a worker of before the column wrote it.
            sqlx::query("update dead_tasks set fence = null")
                .execute(&app.db)
                .await
                .unwrap();
        }
        let path = format!("/api/admin/tasks/{id}/retry/");
        admin.post(&path, Value::Null).await.expect(200);
        let mut conn = app.db.acquire().await.unwrap();
        let leased = db::lease(&mut conn, "search", "new", LEASE, 1).await;
        let leased = leased.unwrap().remove(0);
        for fence in 0..=3 {
            let key = LeaseKey {
                id: TaskId(id),
                fence,
            };
            let settled = db::settle(&mut conn, &[(key, false, Settlement::Done)]).await;
            assert!(settled.unwrap().is_empty(), "fence {fence}");
        }
        let settled = db::settle(&mut conn, &[(leased.key, false, Settlement::Done)]).await;
        assert_eq!(settled.unwrap(), [TaskId(id)]);
    }
}

#[tokio::test]
async fn dying_keeps_the_fence() {
    let app = TestApp::start().await;
    sqlx::query(
        "insert into tasks (queue, kind, args, max_attempts, run_at, enqueued_at)
         values ('search', 'search.refresh_jobs', '{\"wrong\": 1}', 3, app_now(), app_now())",
    )
    .execute(&app.db)
    .await
    .unwrap();
    app.drain_tasks().await;
    assert_eq!(only_id(&app, "select fence from dead_tasks").await, 1);
}

#[tokio::test]
async fn a_retried_task_merges_into_its_pending_twin() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let id = dead_with_key(&app, 1, "all").await[0];
    sqlx::query(
        "insert into tasks (queue, kind, args, max_attempts, run_at, enqueued_at, unique_key)
         values ('search', 'search.refresh_jobs', '{\"job_ids\": []}', 3,
                 app_now() + interval '1 hour', app_now(), 'all')",
    )
    .execute(&app.db)
    .await
    .unwrap();
    let twin = only_id(&app, "select id from tasks").await;
    let path = format!("/api/admin/tasks/{id}/retry/");
    let answer = admin.post(&path, Value::Null).await.expect(200);
    assert_eq!(answer.json["id"], twin);
    assert_eq!(answer.json["errors"][0]["error"], "the disk is <full>");
    let left = only_id(&app, "select count(*) from dead_tasks").await;
    assert_eq!(left, 0);
    assert_eq!(app.drain_tasks().await.done, 1, "the twin is due now");
}

#[tokio::test]
async fn only_dead_tasks_are_retried_or_discarded() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    app.enqueue(&refresh()).await;
    let id = only_id(&app, "select id from tasks").await;
    for state in ["pending", "finished"] {
        for act in ["retry", "discard"] {
            let path = format!("/api/admin/tasks/{id}/{act}/");
            let answer = admin.post(&path, Value::Null).await.expect(409);
            assert_eq!(answer.json["code"], "task_state");
            let detail = answer.json["detail"].as_str().unwrap();
            assert!(detail.ends_with(&format!("is {state}")), "{detail}");
        }
        app.drain_tasks().await;
    }
    let path = format!("/api/admin/tasks/{id}/run-now/");
    admin.post(&path, Value::Null).await.expect(409);
    for act in ["retry", "discard", "run-now"] {
        let path = format!("/api/admin/tasks/999999/{act}/");
        admin.post(&path, Value::Null).await.expect(404);
    }
    admin.get("/api/admin/tasks/999999/").await.expect(404);
    admin.get("/api/admin/tasks/none/").await.expect(404);
}

#[tokio::test]
async fn many_are_retried_in_bounded_steps() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let free = dead(&app, 600).await;
    let mut expected = free.clone();
    expected.extend(dead_with_key(&app, 3, "one").await);
    let retry = async |body: Value| {
        let answer = admin.post("/api/admin/tasks/retry/", body).await;
        answer.expect(200).json
    };
    let none = retry(json!({"kind": "mail.send"})).await;
    assert_eq!(none, json!({"ids": [], "left": 0}));
    let none = retry(json!({"reason": "gave_up"})).await;
    assert_eq!(none, json!({"ids": [], "left": 0}));

    let mut retried = Vec::new();
    for left in [103, 0] {
        let answer = retry(json!({"queue": "search", "reason": "attempts"})).await;
        assert_eq!(answer["left"], left);
        let ids = answer["ids"].as_array().unwrap().iter();
        retried.extend(ids.map(|id| id.as_i64().unwrap()));
    }
    retried.sort_unstable();
    assert_eq!(retried, expected);
    let report = app.drain_tasks().await;
    assert_eq!(report.done, 601, "the three of one key are one");
    let body = json!({"kind": "x".repeat(101)});
    let answer = admin.post("/api/admin/tasks/retry/", body).await;
    answer.expect(422);
}

#[tokio::test]
async fn what_is_discarded_is_remembered_with_its_errors() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let ids_of_dead = dead(&app, 3).await;
    let path = format!("/api/admin/tasks/{}/discard/", ids_of_dead[0]);
    let answer = admin.post(&path, Value::Null).await.expect(200);
    assert_eq!(answer.json["state"], "discarded");
    assert_eq!(answer.json["worker"], format!("admin {}", admin.user_id));
    assert_eq!(answer.json["errors"][0]["error"], "the disk is <full>");
    let body = json!({"kind": "search.refresh_jobs"});
    let answer = admin.post("/api/admin/tasks/discard/", body).await;
    assert_eq!(answer.expect(200).json["left"], 0);
    let mut newest_first = ids_of_dead.clone();
    newest_first.reverse();
    assert_eq!(ids(&admin, "state=discarded").await, newest_first);
    assert!(ids(&admin, "state=finished").await.is_empty());
}

#[tokio::test]
async fn a_delayed_task_runs_now_on_demand() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    app.enqueue(&refresh()).await;
    sqlx::query("update tasks set run_at = app_now() + interval '1 day'")
        .execute(&app.db)
        .await
        .unwrap();
    assert_eq!(app.drain_tasks().await.done, 0);
    let id = only_id(&app, "select id from tasks").await;
    let path = format!("/api/admin/tasks/{id}/run-now/");
    admin.post(&path, Value::Null).await.expect(200);
    assert_eq!(app.drain_tasks().await.done, 1);
}

#[tokio::test]
async fn a_waiting_task_is_cancelled_at_once_and_a_running_one_is_told() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    app.enqueue(&refresh()).await;
    app.enqueue(&refresh()).await;
    let mut conn = app.db.acquire().await.unwrap();
    let leased = db::lease(&mut conn, "search", "w7", LEASE, 1).await;
    let leased = leased.unwrap().remove(0);
    let running = leased.key.id.0;
    let waiting = only_id(&app, "select max(id) from tasks").await;
    let cancel = async |id: i64, status: u16| {
        let path = format!("/api/admin/tasks/{id}/cancel/");
        admin.post(&path, Value::Null).await.expect(status).json
    };
    assert_eq!(cancel(waiting, 200).await["state"], "cancelled");
    let told = cancel(running, 200).await;
    assert_eq!(told["state"], "running");
    assert!(told["cancel_requested_at"].is_string());
    assert_eq!(ids(&admin, "state=cancelled").await, [waiting]);
    cancel(waiting, 409).await;
    cancel(999_999, 404).await;
    let done = [(leased.key, false, Settlement::Done)];
    db::settle(&mut conn, &done).await.unwrap();
}

#[tokio::test]
async fn each_state_has_its_list() {
    let mut app = TestApp::start().await;
    app.leave_tasks();
    let admin = app.admin().await;
    for _ in 0..3 {
        app.enqueue(&refresh()).await;
    }
    let mut conn = app.db.acquire().await.unwrap();
    let leased = db::lease(&mut conn, "search", "w7", LEASE, 1)
        .await
        .unwrap();
    let running = leased[0].key.id.0;
    assert_eq!(ids(&admin, "state=running").await, [running]);
    assert_eq!(task(&admin, running).await["worker"], "w7");
    sqlx::query("update tasks set lapses = 1 where id = (select max(id) from tasks)")
        .execute(&app.db)
        .await
        .unwrap();
    let suspect = only_id(&app, "select max(id) from tasks").await;
    assert_eq!(ids(&admin, "state=suspect").await, [suspect]);
    assert_eq!(task(&admin, suspect).await["state"], "suspect");
    let pending = ids(&admin, "state=pending").await;
    assert_eq!(pending.len(), 1);
    assert!(ids(&admin, "state=cancelled").await.is_empty());
    let dead = admin.get("/api/admin/tasks/").await.expect(200);
    assert!(dead.results().is_empty(), "the dead are shown by default");
    admin.get("/api/admin/tasks/?state=lost").await.expect(422);
}

#[tokio::test]
async fn lists_are_filtered_and_come_in_pages() {
    let mut app = TestApp::start().await;
    app.leave_tasks();
    let admin = app.admin().await;
    let all = dead(&app, 7).await;
    sqlx::query(
        "insert into tasks (queue, kind, args, priority, max_attempts, run_at, enqueued_at)
         select case n % 2 when 0 then 'a' else 'b' end, 'k' || n % 3, '{}', n % 2, 1,
                app_now() + make_interval(secs => -n), app_now()
         from generate_series(1, 50) n",
    )
    .execute(&app.db)
    .await
    .unwrap();
    for (query, count) in [
        ("state=dead", 7),
        ("state=dead&queue=search&kind=search.refresh_jobs", 7),
        ("state=dead&queue=mail&kind=search.refresh_jobs", 0),
        ("state=dead&kind=other", 0),
        ("state=pending", 50),
        ("state=pending&queue=a", 25),
        ("state=pending&kind=k1", 17),
        ("state=pending&queue=b&kind=k0", 8),
    ] {
        let mut seen = Vec::new();
        let mut path = format!("/api/admin/tasks/?{query}&page_size=3");
        loop {
            let answer = admin.get(&path).await.expect(200);
            assert!(answer.results().len() <= 3);
            seen.extend(answer.results().iter().map(|task| task["id"].as_i64()));
            match answer.json["next_cursor"].as_str() {
                Some(cursor) => {
                    path = format!("/api/admin/tasks/?{query}&page_size=3&cursor={cursor}");
                }
                None => break,
            }
        }
        assert_eq!(seen.len(), count, "{query}");
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), count, "{query}: one twice");
    }
    let newest_first: Vec<_> = all.iter().rev().copied().collect();
    assert_eq!(ids(&admin, "state=dead").await, newest_first);
    let first = admin
        .get("/api/admin/tasks/?state=dead&page_size=3")
        .await
        .expect(200);
    let cursor = first.json["next_cursor"].as_str().unwrap();
    let other = format!("/api/admin/tasks/?state=pending&cursor={cursor}");
    let answer = admin.get(&other).await.expect(422);
    assert_eq!(answer.field_errors()[0].1, "invalid_cursor");
    let numbered = admin.get("/api/admin/tasks/?state=dead&page=2").await;
    assert_eq!(
        numbered.expect(422).field_errors()[0].1,
        "unknown_parameter"
    );
}
