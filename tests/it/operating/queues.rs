use std::time::Duration;

use jobboard_shared::{
    queue::{
        db::{self, operate},
        histogram::Histogram,
    },
    search::tasks::RefreshJobs,
};
use reqwest::Method;
use serde_json::{Value, json};

use super::{dead, queue};
use crate::support::{Response, TestApp};

const LEASE: Duration = Duration::from_secs(30);

async fn enqueue(app: &TestApp, count: usize) {
    for _ in 0..count {
        app.enqueue(&RefreshJobs { job_ids: vec![] }).await;
    }
}

#[tokio::test]
async fn a_queue_is_counted_by_state() {
    let mut app = TestApp::start().await;
    app.leave_tasks();
    let admin = app.admin().await;
    enqueue(&app, 6).await;
    let mut conn = app.db.acquire().await.unwrap();
    db::lease(&mut conn, "search", "w", LEASE, 1).await.unwrap();
    sqlx::query(
        "with waiting as (select id, row_number() over (order by id) as n from tasks
                          where lease_until is null)
         update tasks t set
             run_at = case when n = 1 then app_now() + interval '1 hour' else t.run_at end,
             lapses = case when n = 2 then 1 else 0 end
         from waiting w where w.id = t.id",
    )
    .execute(&app.db)
    .await
    .unwrap();
    dead(&app, 2).await;
    app.advance_time(Duration::from_secs(60)).await;
    let search = queue(&admin, "search").await;
    for (name, count) in [
        ("due", 4),
        ("scheduled", 1),
        ("suspects", 1),
        ("running", 1),
        ("dead", 2),
    ] {
        assert_eq!(search[name], count, "{name} of {search}");
    }
    assert_eq!(search["estimated"], false);
    let age = search["oldest_due_seconds"].as_f64().unwrap();
    assert!((60.0..120.0).contains(&age), "{age}");
    assert_eq!(search["paused_at"], Value::Null);
}

#[tokio::test]
async fn a_long_queue_is_estimated() {
    let mut app = TestApp::start().await;
    app.leave_tasks();
    let admin = app.admin().await;
    sqlx::query(
        "insert into tasks (queue, kind, args, max_attempts, run_at, enqueued_at)
         select case n % 4 when 0 then 'mail' else 'search' end, 'k', '{}', 1,
                app_now() + make_interval(secs => case n % 2 when 0 then -60 else 60 end), app_now()
         from generate_series(1, 120000) n",
    )
    .execute(&app.db)
    .await
    .unwrap();
    let search = queue(&admin, "search").await;
    assert_eq!(search["estimated"], true, "{search}");
    for (name, exact) in [("due", 30_000.0), ("scheduled", 60_000.0)] {
        let count = search[name].as_f64().unwrap();
        assert!((count / exact - 1.0).abs() < 0.2, "{name}: {count}");
    }
}

#[tokio::test]
async fn a_paused_queue_starts_nothing_until_it_is_resumed() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    enqueue(&app, 1).await;
    let act = async |act: &str| {
        let path = format!("/api/admin/tasks/queues/search/{act}/");
        admin.post(&path, Value::Null).await.expect(200).json
    };
    let paused = act("pause").await["paused_at"].clone();
    assert!(paused.is_string());
    app.advance_time(Duration::from_secs(5)).await;
    let drained = act("drain").await;
    assert_eq!(drained["paused_at"], paused, "since the first pause");
    assert_eq!(
        (&drained["running"], &drained["due"]),
        (&json!(0), &json!(1))
    );
    assert_eq!(app.drain_tasks().await.done, 0);
    assert_eq!(act("resume").await["paused_at"], Value::Null);
    assert_eq!(app.drain_tasks().await.done, 1);
    for act in ["pause", "resume", "drain"] {
        let path = format!("/api/admin/tasks/queues/typo/{act}/");
        admin.post(&path, Value::Null).await.expect(404);
    }
}

#[tokio::test]
async fn a_queue_is_paused_by_requests_with_a_key_too() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    enqueue(&app, 1).await;
    for (act, paused) in [("pause", true), ("drain", true), ("resume", false)] {
        let path = format!("/api/admin/tasks/queues/search/{act}/");
        let post = async || {
            let request = admin
                .request(Method::POST, &path)
                .header("idempotency-key", act);
            Response::read(request, path.clone()).await.expect(200)
        };
        let first = post().await;
        assert_eq!(first.json["paused_at"].is_string(), paused, "{act}");
        let again = post().await;
        assert_eq!(again.headers["idempotency-replayed"], "true", "{act}");
        assert_eq!(again.json, first.json);
    }
    app.drain_tasks().await;
}

#[tokio::test]
async fn limits_are_set_as_a_whole() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    dead(&app, 1).await;
    let path = "/api/admin/tasks/queues/search/limits/";
    let limits = json!({"max_running": 3, "rate_limit": 10, "rate_period_seconds": 0.5});
    let answer = admin.put(path, limits.clone()).await.expect(200).json;
    for name in ["max_running", "rate_limit", "rate_period_seconds"] {
        assert_eq!(answer[name], limits[name]);
    }
    let answer = admin.put(path, json!({})).await.expect(200).json;
    assert_eq!(answer["max_running"], Value::Null);
    assert_eq!(answer["rate_limit"], Value::Null);
    for (body, field) in [
        (json!({"max_running": 0}), "max_running"),
        (json!({"rate_limit": 5}), "rate_period_seconds"),
        (json!({"rate_period_seconds": 5}), "rate_limit"),
        (
            json!({"rate_limit": 5, "rate_period_seconds": 86_401}),
            "rate_period_seconds",
        ),
        (json!({"limit": 5}), "limit"),
    ] {
        let answer = admin.put(path, body).await.expect(422);
        assert_eq!(answer.field_errors()[0].0, field);
    }
    let unknown = "/api/admin/tasks/queues/typo/limits/";
    admin.put(unknown, json!({})).await.expect(404);
}

#[tokio::test]
async fn depths_are_noted_once_in_ten_seconds() {
    let mut app = TestApp::start().await;
    app.leave_tasks();
    enqueue(&app, 2).await;
    let mut conn = app.db.acquire().await.unwrap();
    let mut noted = 0;
    for _ in 0..3 {
        noted += i32::from(operate::sample_depths(&mut conn).await.unwrap());
    }
    assert!(
        noted <= 2,
        "{noted}: two only across a border of ten seconds"
    );
    app.advance_time(operate::DEPTH_RHYTHM).await;
    assert!(operate::sample_depths(&mut conn).await.unwrap());
    let samples = operate::samples(&mut conn, Duration::from_secs(3600)).await;
    let samples = samples.unwrap();
    assert!(
        samples.iter().all(|s| s.queue == "search" && s.due == 2),
        "{samples:?}"
    );
    app.advance_time(Duration::from_secs(100)).await;
    let dropped = operate::drop_old_samples(&mut conn, Duration::from_secs(60)).await;
    assert!(dropped.unwrap() >= 2);
}

#[tokio::test]
async fn rates_and_percentiles_are_of_the_last_minutes() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let mut fast = Histogram::default();
    let mut slow = Histogram::default();
    for n in 0..100 {
        fast.record(Duration::from_millis(2));
        slow.record(Duration::from_millis(if n < 98 { 10 } else { 4000 }));
    }
    let counts = |histogram: &Histogram| -> Vec<i64> {
        histogram.counts().iter().map(|n| *n as i64).collect()
    };
    // Two workers, one in the present minute; what is older does not count.
    sqlx::query(
        "insert into task_minutes (minute, queue, kind, worker, done, failed, dead, waits, runs)
         select date_trunc('minute', app_now()) - age, 'mail', 'k', w, 100, 10, 1, $1, $2
         from (values (interval '0', 'w1'), (interval '4 min', 'w2'), (interval '5 min', 'w1'))
             v(age, w)",
    )
    .bind(counts(&fast))
    .bind(counts(&slow))
    .execute(&app.db)
    .await
    .unwrap();
    let mail = queue(&admin, "mail").await;
    let number = |name: &str| mail[name].as_f64().unwrap();
    let minutes = 200.0 / number("done_per_minute");
    assert!((4.0..=5.0).contains(&minutes), "{minutes}");
    assert!((number("failed_per_minute") * minutes - 22.0).abs() < 1e-6);
    for (name, seconds) in [
        ("wait_p50_seconds", 0.002),
        ("wait_p99_seconds", 0.002),
        ("run_p50_seconds", 0.01),
        ("run_p99_seconds", 4.0),
    ] {
        let ratio = number(name) / seconds;
        assert!((0.7..=1.42).contains(&ratio), "{name}: {ratio}");
    }
}
