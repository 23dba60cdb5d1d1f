use std::time::Duration;

use jobboard_worker::{Context, Lease, TaskError, TaskResult, runtime::Registry};
use serde_json::json;

use super::{Plain, Queue, succeed};

fn registry(handler: impl jobboard_worker::runtime::TaskHandler<Plain>) -> Registry {
    Registry::default().on::<Plain>(handler)
}

async fn fail(_: Context, task: Plain, _: Lease) -> TaskResult {
    Err(TaskError::retry(format!("no luck with {}", task.n)))
}

#[tokio::test]
async fn done_moves_to_the_finished() {
    let queue = Queue::start().await;
    queue.enqueue(&Plain { n: 1 }).await;
    assert_eq!(queue.drain(registry(succeed)).await.done, 1);
    assert_eq!(queue.pending().await, 0);
    assert_eq!(queue.finished().await, 1);
}

#[tokio::test]
async fn failures_wait_longer_each_time_and_end_dead_with_their_history() {
    let queue = Queue::start().await;
    queue.enqueue(&Plain { n: 7 }).await;
    for wait in [4.0, 8.0] {
        assert_eq!(queue.drain(registry(fail)).await.failures.len(), 1);
        let persisted: f64 =
            sqlx::query_scalar("select extract(epoch from run_at - app_now())::float8 from tasks")
                .fetch_one(&queue.db)
                .await
                .unwrap();
        assert!((wait * 0.7..wait * 1.2).contains(&persisted), "{persisted}");
        assert_eq!(queue.drain(registry(fail)).await.runs(), 0, "not due yet");
        queue.advance(Duration::from_secs_f64(wait * 1.3)).await;
    }
    let report = queue.drain(registry(fail)).await;
    assert!(report.failures[0].dead);
    assert_eq!(queue.pending().await, 0);
    let dead = queue.dead().await.remove(0);
    assert_eq!((dead.reason.as_str(), dead.attempt), ("attempts", 3));
    let attempts: Vec<_> = dead
        .errors
        .as_array()
        .unwrap()
        .iter()
        .map(|e| &e["attempt"])
        .collect();
    assert_eq!(attempts, [&json!(1), &json!(2), &json!(3)]);
    assert_eq!(dead.errors[0]["error"], "no luck with 7");
}

#[tokio::test]
async fn a_panic_is_a_failure() {
    async fn panic(_: Context, _: Plain, _: Lease) -> TaskResult {
        panic!("on purpose")
    }
    let queue = Queue::start().await;
    queue.enqueue(&Plain { n: 1 }).await;
    for _ in 0..3 {
        let report = queue.drain(registry(panic)).await;
        assert_eq!(report.failures[0].error, "panicked: on purpose");
        queue.advance(Duration::from_secs(60)).await;
    }
    assert_eq!(queue.dead().await.len(), 1);
}

#[tokio::test]
async fn a_timeout_is_a_failure_and_leaves_no_zombie() {
    async fn hang(ctx: Context, _: Plain, _: Lease) -> TaskResult {
        let mut tx = ctx.db.begin().await?;
        sqlx::query("update app_clock set shift = shift")
            .execute(&mut *tx)
            .await?;
        std::future::pending().await
    }
    let queue = Queue::start().await;
    queue.enqueue(&Plain { n: 1 }).await;
    for _ in 0..3 {
        let report = queue.drain(registry(hang)).await;
        assert_eq!(report.failures[0].error, "timed out after 200ms");
        // Its transaction held the clock: this would hang behind a zombie.
        queue.advance(Duration::from_secs(60)).await;
    }
    assert_eq!(queue.dead().await.len(), 1);
}

#[tokio::test]
async fn undecodable_arguments_are_dead_at_once() {
    let queue = Queue::start().await;
    let id = queue.enqueue(&Plain { n: 1 }).await;
    queue.enqueue(&Plain { n: 2 }).await;
    sqlx::query("update tasks set args = '{\"n\": \"one\"}' where id = $1")
        .bind(id.0)
        .execute(&queue.db)
        .await
        .unwrap();
    let report = queue.drain(registry(succeed)).await;
    assert_eq!((report.done, report.failures.len()), (1, 1));
    let dead = queue.dead().await.remove(0);
    assert_eq!(
        (dead.id, dead.reason.as_str(), dead.attempt),
        (id, "undecodable", 1)
    );
}

#[tokio::test]
async fn an_unknown_kind_waits_for_a_worker_that_knows_it() {
    let queue = Queue::start().await;
    queue.enqueue(&Plain { n: 1 }).await;
    let report = queue.drain(Registry::default()).await;
    assert_eq!(report.failures[0].error, "no handler for test.plain");
    queue.advance(Duration::from_secs(60)).await;
    assert_eq!(queue.drain(registry(succeed)).await.done, 1);
}

#[tokio::test]
async fn retry_after_waits_as_told_and_counts() {
    async fn later(_: Context, _: Plain, _: Lease) -> TaskResult {
        Err(TaskError::retry_after(Duration::from_secs(600), "busy"))
    }
    let queue = Queue::start().await;
    queue.enqueue(&Plain { n: 1 }).await;
    for round in 0..3 {
        assert_eq!(
            queue.drain(registry(later)).await.failures.len(),
            1,
            "{round}"
        );
        queue.advance(Duration::from_secs(590)).await;
        assert_eq!(queue.drain(registry(later)).await.runs(), 0);
        queue.advance(Duration::from_secs(11)).await;
    }
    assert_eq!(queue.dead().await.len(), 1);
}

#[tokio::test]
async fn a_snooze_does_not_count() {
    async fn snooze(_: Context, _: Plain, lease: Lease) -> TaskResult {
        assert_eq!(lease.attempt, 1);
        Err(TaskError::snooze(Duration::from_secs(60)))
    }
    let queue = Queue::start().await;
    queue.enqueue(&Plain { n: 1 }).await;
    for _ in 0..5 {
        assert_eq!(queue.drain(registry(snooze)).await.snoozed, 1);
        queue.advance(Duration::from_secs(61)).await;
    }
    assert_eq!(queue.drain(registry(succeed)).await.done, 1);
}

#[tokio::test]
async fn giving_up_is_dead_at_once() {
    async fn give_up(_: Context, _: Plain, _: Lease) -> TaskResult {
        Err(TaskError::give_up("the address does not exist"))
    }
    let queue = Queue::start().await;
    queue.enqueue(&Plain { n: 1 }).await;
    queue.drain(registry(give_up)).await;
    let dead = queue.dead().await.remove(0);
    assert_eq!((dead.reason.as_str(), dead.attempt), ("gave_up", 1));
}

#[tokio::test]
async fn errors_are_bounded_and_any_text_is_kept() {
    async fn verbose(_: Context, _: Plain, _: Lease) -> TaskResult {
        Err(TaskError::retry(format!("\0{}", "ä".repeat(100_000))))
    }
    let queue = Queue::start().await;
    queue.enqueue(&Plain { n: 1 }).await;
    sqlx::query("update tasks set max_attempts = 14")
        .execute(&queue.db)
        .await
        .unwrap();
    for _ in 0..14 {
        queue.drain(registry(verbose)).await;
        queue.advance(Duration::from_secs(2 * 3600)).await;
    }
    let errors = queue.dead().await.remove(0).errors;
    let errors = errors.as_array().unwrap();
    assert_eq!(errors.len(), 10);
    assert_eq!(errors[9]["attempt"], 14);
    assert_eq!(errors[9]["error"].as_str().unwrap().chars().count(), 1000);
}
