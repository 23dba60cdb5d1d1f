//! Cancelling tasks, wherever they are.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use jobboard_shared::queue::{
    Again, DeathReason, LeasedTask, Settlement, TaskId,
    db::{self, Cancelled},
};
use jobboard_worker::{Context, Lease, TaskError, TaskResult, runtime::Registry};
use tokio::sync::Semaphore;

use super::{
    LEASE, Plain, Queue, Unique,
    fleet::{Fleet, Gate},
};

const OUTCOMES: &str = "select count(*) = 1 from finished_tasks where outcome = 'cancelled'";

async fn cancel(queue: &Queue, id: TaskId) -> Cancelled {
    let mut conn = queue.db.acquire().await.unwrap();
    db::cancel(&mut conn, id).await.unwrap()
}

async fn outcome(queue: &Queue, id: TaskId) -> Option<String> {
    sqlx::query_scalar("select outcome from finished_tasks where id = $1")
        .bind(id.0)
        .fetch_optional(&queue.db)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_pending_task_is_cancelled_at_once() {
    let queue = Queue::start().await;
    let id = queue.enqueue(&Unique::named("a")).await;
    assert_eq!(cancel(&queue, id).await, Cancelled::AtOnce);
    assert_eq!(queue.pending().await, 0);
    assert_eq!(outcome(&queue, id).await.as_deref(), Some("cancelled"));
    assert_eq!(
        cancel(&queue, id).await,
        Cancelled::NotFound,
        "it has ended"
    );

    // Its key is free: later work is not lost with it.
    let next = queue.enqueue(&Unique::named("a")).await;
    assert_ne!(next, id);
    assert_eq!(queue.lease(1).await[0].key.id, next);
}

/// Runs until it is told to stop, and says how that went.
fn obedient(started: Arc<Semaphore>, end: fn() -> TaskResult) -> Registry {
    Registry::default().on::<Unique>(move |_: Context, _: Unique, lease: Lease| {
        let started = Arc::clone(&started);
        async move {
            started.add_permits(1);
            lease.cancelled.cancelled().await;
            end()
        }
    })
}

/// Lets an obedient task start, cancels it and waits for its end; gives how
/// long that took.
async fn cancel_obedient(queue: &Queue, end: fn() -> TaskResult) -> (TaskId, Duration) {
    let started = Arc::new(Semaphore::new(0));
    let fleet = Fleet::start(queue, obedient(Arc::clone(&started), end));
    let id = queue.enqueue(&Unique::named("a")).await;
    started.acquire().await.unwrap().forget();
    let began = Instant::now();
    assert_eq!(cancel(queue, id).await, Cancelled::Requested);
    let ended = "select not exists (select from tasks)";
    queue.until("it has ended", ended).await;
    let took = began.elapsed();
    fleet.stop().await;
    (id, took)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_task_hears_of_it_at_once_and_is_not_tried_again() {
    // Its heartbeat comes every ten seconds.
    let queue = Queue::start_with(|c| c.worker.lease = Duration::from_secs(60)).await;
    let (id, took) = cancel_obedient(&queue, || Err(TaskError::retry("stopped"))).await;
    assert_eq!(outcome(&queue, id).await.as_deref(), Some("cancelled"));
    assert!(took < Duration::from_secs(4), "{took:?}");
    assert!(queue.dead().await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_heartbeat_tells_where_the_notification_was_lost() {
    let queue = Queue::start_with(|config| {
        config.worker.lease = Duration::from_millis(900);
        config.database.direct_url = None;
    })
    .await;
    let snooze = || Err(TaskError::snooze(Duration::ZERO));
    let (id, _) = cancel_obedient(&queue, snooze).await;
    assert_eq!(outcome(&queue, id).await.as_deref(), Some("cancelled"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_done_all_the_same_is_done() {
    let queue = Queue::start().await;
    let (id, _) = cancel_obedient(&queue, || Ok(())).await;
    assert_eq!(outcome(&queue, id).await.as_deref(), Some("done"));
}

/// After five seconds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handler_that_does_not_listen_is_aborted() {
    let queue = Queue::start().await;
    let gate = Gate::new();
    let fleet = Fleet::start(&queue, gate.registry());
    let id = queue.enqueue(&Unique::named("a")).await;
    gate.wait_for_start().await;
    assert_eq!(cancel(&queue, id).await, Cancelled::Requested);
    assert_eq!(
        cancel(&queue, id).await,
        Cancelled::Requested,
        "as often as one likes"
    );
    queue.until("it is cancelled", OUTCOMES).await;
    fleet.stop().await;
}

/// The machinery may not hear of it before the run ends: an older worker's
/// does not at all.
#[tokio::test]
async fn however_an_unaware_worker_ends_the_run_it_does_not_come_back() {
    let queue = Queue::start().await;
    let again = |why| Settlement::Again {
        delay: Duration::ZERO,
        why,
    };
    let error = || "failed".to_owned();
    let endings = [
        again(Again::Failed { error: error() }),
        again(Again::Snoozed),
        again(Again::Released),
        Settlement::Dead {
            reason: DeathReason::GaveUp,
            error: error(),
        },
        Settlement::Cancelled,
    ];
    for settlement in endings {
        for unique in [false, true] {
            let id = if unique {
                queue.enqueue(&Unique::named("a")).await
            } else {
                queue.enqueue(&Plain { n: 1 }).await
            };
            let task = queue.lease(1).await.remove(0);
            assert_eq!(cancel(&queue, id).await, Cancelled::Requested);
            assert_eq!(queue.settle(&task, settlement.clone()).await, [id]);
            let outcome = outcome(&queue, id).await;
            assert_eq!(outcome.as_deref(), Some("cancelled"), "{settlement:?}");
        }
    }
    let done = queue.enqueue(&Plain { n: 1 }).await;
    let task = queue.lease(1).await.remove(0);
    cancel(&queue, done).await;
    queue.settle(&task, Settlement::Done).await;
    assert_eq!(outcome(&queue, done).await.as_deref(), Some("done"));
    assert_eq!(queue.count("select count(*) from tasks").await, 0);
    assert!(queue.dead().await.is_empty());
}

/// As a worker of an older release does: the mark does not come along.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_worker_without_the_notion_brings_back_is_cancelled_again() {
    let queue = Queue::start().await;
    let bring_back = "update tasks set lease_until = null, leased_by = null,
                             cancel_requested_at = null, run_at = app_now() + interval '1 hour'";
    let mut conn = queue.db.acquire().await.unwrap();
    let id = queue.enqueue(&Plain { n: 1 }).await;
    queue.lease(1).await;
    assert_eq!(cancel(&queue, id).await, Cancelled::Requested);
    assert!(db::sweep_cancels(&mut conn).await.unwrap().is_empty());
    sqlx::query(bring_back).execute(&queue.db).await.unwrap();
    // Leased once more before anybody looks.
    queue.advance(Duration::from_secs(3600)).await;
    let again = queue.lease(1).await.remove(0);
    assert_eq!(db::sweep_cancels(&mut conn).await.unwrap(), [id]);
    let held = db::heartbeat(&mut conn, &[again.key], LEASE).await.unwrap();
    assert!(held[0].cancel_requested);

    sqlx::query(bring_back).execute(&queue.db).await.unwrap();
    let fleet = Fleet::start(&queue, Registry::default());
    queue.until("it is cancelled", OUTCOMES).await;
    let forgotten = "select count(*) = 0 from task_cancels";
    queue.until("the request is forgotten", forgotten).await;
    fleet.stop().await;
}

#[tokio::test]
async fn a_lapse_after_the_request_is_its_end() {
    let queue = Queue::start().await;
    let mut ids = Vec::new();
    for max_attempts in [1, 3] {
        let id = queue.enqueue(&Plain { n: max_attempts }).await;
        sqlx::query("update tasks set max_attempts = $1 where id = $2")
            .bind(max_attempts as i16)
            .bind(id.0)
            .execute(&queue.db)
            .await
            .unwrap();
        ids.push(id);
    }
    let leased: Vec<LeasedTask> = queue.lease(2).await;
    assert_eq!(leased.len(), 2);
    for id in &ids {
        assert_eq!(cancel(&queue, *id).await, Cancelled::Requested);
    }
    queue.advance(LEASE * 2).await;
    assert_eq!(queue.rescue().await.len(), 2);
    for id in ids {
        assert_eq!(outcome(&queue, id).await.as_deref(), Some("cancelled"));
    }
    assert!(queue.dead().await.is_empty());
}

#[tokio::test]
async fn the_heartbeat_reports_the_request() {
    let queue = Queue::start().await;
    let ids = [
        queue.enqueue(&Plain { n: 1 }).await,
        queue.enqueue(&Plain { n: 2 }).await,
    ];
    let tasks = queue.lease(2).await;
    cancel(&queue, ids[1]).await;
    let mut conn = queue.db.acquire().await.unwrap();
    let keys: Vec<_> = tasks.iter().map(|task| task.key).collect();
    let held = db::heartbeat(&mut conn, &keys, LEASE).await.unwrap();
    let wanted: Vec<_> = held
        .iter()
        .filter(|held| held.cancel_requested)
        .map(|held| held.key.id)
        .collect();
    assert_eq!((held.len(), wanted), (2, vec![ids[1]]));
}

/// Many at once, while they start, run and end: each ends exactly once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_at_any_moment_leaves_one_end() {
    const TASKS: i32 = 200;
    let queue = Queue::start().await;
    let mut ids = Vec::new();
    for n in 0..TASKS {
        ids.push(queue.enqueue(&Plain { n }).await);
    }
    let registry =
        Registry::default().on::<Plain>(|_: Context, task: Plain, lease: Lease| async move {
            tokio::task::yield_now().await;
            match task.n % 3 {
                0 => Ok(()),
                1 if lease.attempt == 1 => Err(TaskError::retry_after(Duration::ZERO, "once")),
                _ => Err(TaskError::give_up("never")),
            }
        });
    let fleet = Fleet::start(&queue, registry);
    let mut answers = Vec::new();
    for id in ids.iter().rev() {
        answers.push(cancel(&queue, *id).await);
    }
    let ended = "select not exists (select from tasks)";
    queue.until("all have ended", ended).await;
    fleet.stop().await;
    assert!(answers.contains(&Cancelled::AtOnce));
    let ends = "select count(*) from (select id from finished_tasks
                union all select id from dead_tasks) e";
    assert_eq!(queue.count(ends).await, i64::from(TASKS));
    for (id, answer) in ids.iter().rev().zip(answers) {
        if answer == Cancelled::AtOnce {
            assert_eq!(outcome(&queue, *id).await.as_deref(), Some("cancelled"));
        }
    }
}
