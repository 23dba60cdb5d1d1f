//! Rows and keys that other transactions hold: only what is held waits.

use std::time::Duration;

use jobboard_shared::queue::{create_batch, db, enqueue, enqueue_in_batch};
use jobboard_worker::{Context, Lease, TaskError, runtime::Registry};
use sqlx::{Postgres, Transaction};

use super::{
    LEASE, Plain, Queue, Unique,
    fleet::{Fleet, Gate},
    succeed,
};

/// Far less than the transactions of these tests stay open.
const SOON: Duration = Duration::from_secs(5);

/// Leases everything and lets the leases run out.
async fn abandon(queue: &Queue, tasks: usize) {
    assert_eq!(queue.lease(100).await.len(), tasks);
    queue.advance(LEASE + Duration::from_secs(1)).await;
}

async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(SOON, what)
        .await
        .expect("it waits for another transaction")
}

/// As [`Lease::hold`] does.
async fn hold_one(queue: &Queue) -> Transaction<'static, Postgres> {
    let mut tx = queue.db.begin().await.unwrap();
    sqlx::query("select id from tasks order by id limit 1 for key share")
        .execute(&mut *tx)
        .await
        .unwrap();
    tx
}

async fn with_twin_of(queue: &Queue, name: &str) -> Transaction<'static, Postgres> {
    let mut tx = queue.db.begin().await.unwrap();
    enqueue(&mut tx, &Unique::named(name)).await.unwrap();
    tx
}

#[tokio::test]
async fn a_rescue_passes_over_a_row_that_is_held() {
    let queue = Queue::start().await;
    for n in 0..5 {
        queue.enqueue(&Plain { n }).await;
    }
    sqlx::query("update tasks set max_attempts = 1 where id % 2 = 0")
        .execute(&queue.db)
        .await
        .unwrap();
    abandon(&queue, 5).await;
    let held = hold_one(&queue).await;
    assert_eq!(soon(queue.rescue()).await.len(), 4);
    assert!(soon(queue.rescue()).await.is_empty());
    held.commit().await.unwrap();
    assert_eq!(queue.rescue().await.len(), 1);
    let leased = "select count(*) from tasks where lease_until is not null";
    assert_eq!(queue.count(leased).await, 0);
}

#[tokio::test]
async fn rows_that_are_held_do_not_fill_a_rescue() {
    let queue = Queue::start().await;
    let tasks: Vec<_> = (0..db::RESCUED_AT_ONCE as i32 + 1)
        .map(|n| Plain { n })
        .collect();
    let mut conn = queue.db.acquire().await.unwrap();
    jobboard_shared::queue::enqueue_many(&mut conn, &tasks)
        .await
        .unwrap();
    assert_eq!(queue.lease(1000).await.len(), tasks.len());
    queue.advance(LEASE + Duration::from_secs(1)).await;
    let mut held = queue.db.begin().await.unwrap();
    sqlx::query("select id from tasks where (args ->> 'n')::int > 0 for key share")
        .execute(&mut *held)
        .await
        .unwrap();
    assert_eq!(soon(queue.rescue()).await.len(), 1);
}

#[tokio::test]
async fn a_rescue_leaves_a_task_whose_twin_is_being_enqueued_for_later() {
    let queue = Queue::start().await;
    for n in 0..20 {
        queue.enqueue(&Unique::named(&format!("unique {n}"))).await;
    }
    abandon(&queue, 20).await;
    let enqueuing = with_twin_of(&queue, "unique 7").await;
    assert_eq!(soon(queue.rescue()).await.len(), 19);
    assert!(soon(queue.rescue()).await.is_empty());
    enqueuing.commit().await.unwrap();
    assert_eq!(queue.rescue().await.len(), 1);
    assert_eq!(queue.pending().await, 20, "the twin stands for both");
}

/// What is enqueued now ends while the other transaction is open.
async fn prove_that_others_go_on(queue: &Queue) {
    for n in 100..150 {
        queue.enqueue(&Plain { n }).await;
    }
    let ended = "select count(*) = 50 from finished_tasks
                 where kind = 'test.plain' and (args ->> 'n')::int >= 100";
    soon(queue.until("the others have ended", ended)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_comes_back_to_a_twin_not_committed_yet_keeps_no_other_waiting() {
    let queue = Queue::start().await;
    let gate = Gate::new();
    let failing = gate.clone();
    let registry = Registry::default().on::<Plain>(succeed).on::<Unique>(
        move |_: Context, _: Unique, _: Lease| {
            let gate = failing.clone();
            async move {
                gate.started.add_permits(1);
                gate.open.acquire().await.unwrap().forget();
                Err(TaskError::retry_after(Duration::from_secs(3600), "later"))
            }
        },
    );
    queue.enqueue(&Unique::named("held")).await;
    let fleet = Fleet::start(&queue, registry);
    gate.wait_for_start().await;
    let enqueuing = with_twin_of(&queue, "held").await;
    gate.open.add_permits(100);
    queue.enqueue(&Unique::named("free")).await;
    let free = "select count(*) = 1 from tasks
                where unique_key = 'free' and lease_until is null and errors <> '[]'";
    soon(queue.until("another one comes back", free)).await;
    prove_that_others_go_on(&queue).await;
    assert_eq!(
        queue
            .count("select count(*) from tasks where lease_until is not null")
            .await,
        1,
        "it keeps its lease meanwhile"
    );
    // The twin would run at once.
    fleet.shutdown.cancel();
    enqueuing.commit().await.unwrap();
    fleet.stop().await;
    let merged = "select count(*) from tasks
                  where unique_key = 'held' and lease_until is null and errors <> '[]'";
    assert_eq!(queue.count(merged).await, 1);
    assert_eq!(queue.pending().await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_an_aborted_handler_holds_keeps_no_other_waiting() {
    let queue = Queue::start().await;
    let registry =
        Registry::default().on::<Plain>(|_: Context, task: Plain, _: Lease| async move {
            match task.n {
                // Until it is aborted.
                1 => std::future::pending().await,
                _ => Ok(()),
            }
        });
    queue.enqueue(&Plain { n: 1 }).await;
    let fleet = Fleet::start(&queue, registry);
    queue
        .until("it runs", "select count(leased_by) = 1 from tasks")
        .await;
    let held = hold_one(&queue).await;
    prove_that_others_go_on(&queue).await;
    fleet.shutdown.cancel();
    held.commit().await.unwrap();
    fleet.stop().await;
    assert_eq!(
        queue
            .count("select count(*) from tasks where lease_until is null and errors <> '[]'")
            .await,
        1
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_that_is_held_keeps_no_task_waiting() {
    let queue = Queue::start().await;
    let mut conn = queue.db.acquire().await.unwrap();
    let batch = create_batch(&mut conn, "held", None).await.unwrap();
    enqueue_in_batch(&mut conn, batch, &[Plain { n: 1 }])
        .await
        .unwrap();
    let mut adding = queue.db.begin().await.unwrap();
    sqlx::query("select from task_batches for update")
        .execute(&mut *adding)
        .await
        .unwrap();
    let fleet = Fleet::start(&queue, Registry::default().on::<Plain>(succeed));
    queue
        .until(
            "the member has run",
            "select count(*) = 1 from finished_tasks",
        )
        .await;
    prove_that_others_go_on(&queue).await;
    let open = "select count(*) from task_batches where ended_at is null";
    assert_eq!(queue.count(open).await, 1);
    adding.commit().await.unwrap();
    queue
        .until(
            "it has ended",
            "select count(ended_at) = 1 from task_batches",
        )
        .await;
    fleet.stop().await;
}
