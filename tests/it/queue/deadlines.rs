//! Tasks that are not worth starting late.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use jobboard_shared::queue::{
    Again, NewTask, Settlement, Task, create_batch, db, enqueue_in, enqueue_in_batch,
};
use jobboard_worker::{Context, DrainReport, Lease, runtime::Registry};
use serde::{Deserialize, Serialize};

use super::{LEASE, Queue, succeed};

const MINUTE: Duration = Duration::from_secs(60);

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Prompt {
    key: Option<String>,
}

impl Task for Prompt {
    const KIND: &'static str = "test.prompt";
    const QUEUE: &'static str = "default";
    const DEADLINE: Option<Duration> = Some(MINUTE);

    fn unique_key(&self) -> Option<String> {
        self.key.clone()
    }
}

const ANY: Prompt = Prompt { key: None };

fn keyed() -> Prompt {
    Prompt {
        key: Some("k".to_owned()),
    }
}

/// Drains; gives how often the handler ran too.
async fn drain(queue: &Queue) -> (DrainReport, usize) {
    let runs = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&runs);
    let registry = Registry::default().on::<Prompt>(move |_: Context, _: Prompt, _: Lease| {
        count.fetch_add(1, Ordering::Relaxed);
        async { Ok(()) }
    });
    let report = queue.drain(registry).await;
    (report, runs.load(Ordering::Relaxed))
}

/// Seconds from now to the deadline of the only task; -1 without one.
async fn deadline(queue: &Queue) -> i64 {
    let seconds = "select coalesce(round(extract(epoch from deadline - app_now())), -1)::bigint
                   from tasks";
    queue.count(seconds).await
}

#[tokio::test]
async fn what_starts_too_late_is_dead_and_not_run() {
    let queue = Queue::start().await;
    queue.enqueue(&ANY).await;
    queue.advance(MINUTE / 2).await;
    let (report, runs) = drain(&queue).await;
    assert_eq!((report.done, runs), (1, 1), "in time");

    let late = queue.enqueue(&ANY).await;
    queue.advance(MINUTE * 2).await;
    let (report, runs) = drain(&queue).await;
    assert_eq!((report.failures.len(), runs), (1, 0));
    assert!(report.failures[0].dead);
    let dead = queue.dead().await;
    assert_eq!((dead[0].id, dead[0].reason.as_str()), (late, "deadline"));

    // An operator who retries it wants it run.
    let mut conn = queue.db.acquire().await.unwrap();
    db::operate::retry(&mut conn, &[late]).await.unwrap();
    let (report, runs) = drain(&queue).await;
    assert_eq!((report.done, runs), (1, 1));
}

#[tokio::test]
async fn it_counts_from_when_the_task_is_due() {
    let queue = Queue::start().await;
    let mut conn = queue.db.acquire().await.unwrap();
    enqueue_in(&mut conn, &ANY, MINUTE * 60).await.unwrap();
    assert_eq!(deadline(&queue).await, 61 * 60);
    queue.advance(MINUTE * 60 + MINUTE / 2).await;
    let (report, _) = drain(&queue).await;
    assert_eq!(report.done, 1);
}

#[tokio::test]
async fn a_repeat_keeps_the_first_deadline() {
    let queue = Queue::start().await;
    queue.enqueue(&ANY).await;
    let task = queue.lease(1).await.remove(0);
    assert!(!task.too_late);
    queue.advance(MINUTE * 2).await;
    let failed = Settlement::Again {
        delay: Duration::ZERO,
        why: Again::Failed {
            error: "no luck".to_owned(),
        },
    };
    queue.settle(&task, failed).await;
    assert!(queue.lease(1).await[0].too_late);
}

#[tokio::test]
async fn where_two_merge_the_later_deadline_holds() {
    let queue = Queue::start().await;
    queue.enqueue(&keyed()).await;
    queue.advance(MINUTE / 2).await;
    queue.enqueue(&keyed()).await;
    assert_eq!(deadline(&queue).await, 60, "of the later one");

    // Coming back to a pending twin.
    let running = queue.lease(1).await.remove(0);
    queue.advance(MINUTE / 2).await;
    queue.enqueue(&keyed()).await;
    let back = || Settlement::Again {
        delay: Duration::ZERO,
        why: Again::Released,
    };
    queue.settle(&running, back()).await;
    assert_eq!(queue.pending().await, 1);
    assert_eq!(deadline(&queue).await, 60);

    let running = queue.lease(1).await.remove(0);
    sqlx::query("update tasks set deadline = null")
        .execute(&queue.db)
        .await
        .unwrap();
    queue.enqueue(&keyed()).await;
    queue.settle(&running, back()).await;
    assert_eq!(deadline(&queue).await, -1, "one of them may start whenever");
    queue.enqueue(&keyed()).await;
    assert_eq!(deadline(&queue).await, -1);
}

#[tokio::test]
async fn a_late_member_has_ended_too() {
    let queue = Queue::start().await;
    let mut tx = queue.db.begin().await.unwrap();
    let end = NewTask::of(&super::Urgent {}).unwrap();
    let batch = create_batch(&mut tx, "late", Some(end)).await.unwrap();
    enqueue_in_batch(&mut tx, batch, &[ANY]).await.unwrap();
    tx.commit().await.unwrap();
    queue.advance(LEASE + MINUTE).await;
    let registry = Registry::default()
        .on::<Prompt>(succeed)
        .on::<super::Urgent>(succeed);
    let report = queue.drain(registry).await;
    assert_eq!((report.done, report.failures.len()), (1, 1));
}
