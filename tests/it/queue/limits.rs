//! What holds over the whole fleet: pauses, numbers of running tasks, rates.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use jobboard_shared::queue::{
    CHANNEL, Settlement,
    db::{self, LimitedLease, operate::Limits},
};
use jobboard_worker::{Context, Lease, runtime::Registry};
use sqlx::{PgConnection, postgres::PgListener};

use super::{
    LEASE, Plain, Queue, Unique,
    fleet::{Fleet, Gate},
    succeed,
};

const SECOND: Duration = Duration::from_secs(1);

async fn limit(queue: &Queue, max_running: Option<i32>, rate: Option<(i32, Duration)>) {
    let mut conn = queue.db.acquire().await.unwrap();
    let limits = Limits { max_running, rate };
    db::operate::set_limits(&mut conn, "default", limits)
        .await
        .unwrap();
}

async fn lease_limited(conn: &mut PgConnection, wanted: usize) -> LimitedLease {
    db::lease_limited(conn, "default", "test", LEASE, wanted, true)
        .await
        .unwrap()
        .expect("limits")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paused_queue_finishes_what_runs_and_goes_on_at_once_when_resumed() {
    let queue = Queue::start().await;
    let gate = Gate::new();
    let fleet = Fleet::start(&queue, gate.registry());
    queue.enqueue(&Unique::named("a")).await;
    gate.wait_for_start().await;
    let mut conn = queue.db.acquire().await.unwrap();
    let since = db::operate::pause(&mut conn, "default").await.unwrap();
    assert_eq!(
        db::operate::pause(&mut conn, "default").await.unwrap(),
        since,
        "still the first pause"
    );
    queue.enqueue(&Unique::named("b")).await;
    gate.open.add_permits(1);
    queue
        .until("a is done", "select count(*) = 1 from finished_tasks")
        .await;
    assert!(queue.lease_any().await.is_empty());
    assert_eq!(queue.pending().await, 1);
    assert_eq!(gate.started.available_permits(), 0);

    let mut listener = PgListener::connect(&queue.url).await.unwrap();
    listener.listen(CHANNEL).await.unwrap();
    db::operate::resume(&mut conn, "default").await.unwrap();
    let rung = listener.recv().await.unwrap();
    assert_eq!(rung.payload(), "default", "the workers need not poll");
    gate.wait_for_start().await;
    gate.open.add_permits(1);
    fleet.stop().await;
    assert_eq!(queue.finished().await, 2);
}

/// Two fleets of four slots each.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_more_than_allowed_run_in_the_whole_fleet() {
    const TASKS: i32 = 40;
    let queue = Queue::start().await;
    limit(&queue, Some(2), None).await;
    for n in 0..TASKS {
        queue.enqueue(&Plain { n }).await;
    }
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let registry = || {
        let (running, most) = (Arc::clone(&running), Arc::clone(&most));
        Registry::default().on::<Plain>(move |_: Context, _: Plain, _: Lease| {
            let (running, most) = (Arc::clone(&running), Arc::clone(&most));
            async move {
                most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(5)).await;
                running.fetch_sub(1, Ordering::SeqCst);
                Ok(())
            }
        })
    };
    let fleets = [
        Fleet::start(&queue, registry()),
        Fleet::start(&queue, registry()),
    ];
    let began = Instant::now();
    queue
        .until("all are done", "select count(*) = 40 from finished_tasks")
        .await;
    let took = began.elapsed();
    for fleet in fleets {
        fleet.stop().await;
    }
    assert_eq!(most.load(Ordering::SeqCst), 2);
    // Each end starts the next: nobody waits for a poll, which takes a second.
    assert!(took < Duration::from_secs(10), "{took:?}");
    let workers = "select count(distinct finished_by) from finished_tasks";
    assert_eq!(queue.count(workers).await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_that_is_taken_back_frees_all_slots() {
    let queue = Queue::start().await;
    limit(&queue, Some(1), None).await;
    for name in ["a", "b", "c"] {
        queue.enqueue(&Unique::named(name)).await;
    }
    let gate = Gate::new();
    let fleet = Fleet::start(&queue, gate.registry());
    gate.wait_for_start().await;
    let one = "select count(lease_until) from tasks";
    assert_eq!(queue.count(one).await, 1);
    limit(&queue, None, None).await;
    gate.wait_for_start().await;
    gate.wait_for_start().await;
    gate.open.add_permits(3);
    fleet.stop().await;
    assert_eq!(queue.finished().await, 3);
}

#[tokio::test]
async fn limits_bind_whoever_asks_first() {
    let queue = Queue::start().await;
    for n in 0..10 {
        queue.enqueue(&Plain { n }).await;
    }
    limit(&queue, Some(3), None).await;
    assert!(queue.lease_any().await.is_empty(), "not past the limits");
    let ask = async || {
        let mut conn = queue.db.acquire().await.unwrap();
        lease_limited(&mut conn, 2).await.tasks
    };
    let (a, b, c) = tokio::join!(ask(), ask(), ask());
    let leased = [a, b, c].concat();
    assert_eq!(leased.len(), 3);
    assert!(ask().await.is_empty());
    queue.settle(&leased[0], Settlement::Done).await;
    assert_eq!(ask().await.len(), 1);

    // A dead worker's task may still run: it counts until it is rescued.
    queue.advance(LEASE * 2).await;
    assert!(ask().await.is_empty());
    assert_eq!(queue.rescue().await.len(), 3);
    assert_eq!(ask().await.len(), 2);
    assert_eq!(ask().await.len(), 1);
}

/// Suspects count too.
#[tokio::test]
async fn a_suspect_takes_a_place_and_a_token() {
    let queue = Queue::start().await;
    for n in 0..3 {
        queue.enqueue(&Plain { n }).await;
    }
    sqlx::query("update tasks set lapses = 1 where args ->> 'n' = '1'")
        .execute(&queue.db)
        .await
        .unwrap();
    limit(&queue, Some(2), Some((100, SECOND))).await;
    queue.advance(SECOND).await;
    let mut conn = queue.db.acquire().await.unwrap();
    let leased = lease_limited(&mut conn, 3).await;
    assert_eq!((leased.suspect.is_some(), leased.tasks.len()), (true, 1));
    let tokens = "select round(rate_tokens)::bigint from queue_controls";
    assert_eq!(queue.count(tokens).await, 98);
}

#[tokio::test]
async fn the_rate_is_kept_and_used_by_all_together() {
    let queue = Queue::start().await;
    for n in 0..100 {
        queue.enqueue(&Plain { n }).await;
    }
    limit(&queue, None, Some((10, SECOND))).await;
    let mut one = queue.db.acquire().await.unwrap();
    let mut other = queue.db.acquire().await.unwrap();
    let mut starts = Vec::new();
    let first = lease_limited(&mut one, 8).await;
    assert!(first.tasks.len() <= 1, "the bucket starts empty");
    let mut started = first.tasks.len();
    for step in 1..=30_u32 {
        queue.advance(Duration::from_millis(100)).await;
        let a = lease_limited(&mut one, 8).await;
        let b = lease_limited(&mut other, 8).await;
        started += a.tasks.len() + b.tasks.len();
        starts.push(started);
        assert!(
            b.wait.is_some_and(|wait| wait <= SECOND / 10),
            "step {step}: {b:?}"
        );
    }
    // Real time goes by too: a few more than the shifted three seconds allow.
    let first_second = starts[9];
    assert!((10..=14).contains(&first_second), "{starts:?}");
    assert!((30..=40).contains(&started), "{starts:?}");

    // What was not used is saved up to one bucket.
    queue.advance(SECOND * 60).await;
    assert_eq!(lease_limited(&mut one, 20).await.tasks.len(), 10);

    // A clock that is set back stops nothing for long.
    sqlx::query("update app_clock set shift = shift - interval '1 hour'")
        .execute(&queue.db)
        .await
        .unwrap();
    lease_limited(&mut one, 20).await;
    queue.advance(SECOND).await;
    sqlx::query("update tasks set run_at = app_now() where lease_until is null")
        .execute(&queue.db)
        .await
        .unwrap();
    assert_eq!(lease_limited(&mut one, 20).await.tasks.len(), 10);
}

/// Five an hour: only the shifted clock lets any start.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_fleets_keep_the_rate_together() {
    let queue = Queue::start().await;
    limit(&queue, None, Some((5, SECOND * 3600))).await;
    for n in 0..15 {
        queue.enqueue(&Plain { n }).await;
    }
    let registry = || Registry::default().on::<Plain>(succeed);
    let fleets = [
        Fleet::start(&queue, registry()),
        Fleet::start(&queue, registry()),
    ];
    for (hour, done) in [
        "select count(*) = 5 from finished_tasks",
        "select count(*) = 10 from finished_tasks",
        "select count(*) = 15 from finished_tasks",
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(queue.finished().await, 5 * hour as i64);
        queue.advance(SECOND * 3600).await;
        queue.until("five more are done", done).await;
    }
    for fleet in fleets {
        fleet.stop().await;
    }
    let most = "select max(starts) from (
                    select count(*) as starts from finished_tasks a
                    join finished_tasks b on b.started_at >= a.started_at
                         and b.started_at < a.started_at + interval '1 hour'
                    group by a.id) s";
    assert!(
        queue.count(most).await <= 10,
        "a bucketful and what came in"
    );
}

#[tokio::test]
async fn draining_in_tests_heeds_limits() {
    let queue = Queue::start().await;
    limit(&queue, Some(1), None).await;
    for n in 0..3 {
        queue.enqueue(&Plain { n }).await;
    }
    let report = queue.drain(Registry::default().on::<Plain>(succeed)).await;
    assert_eq!(report.done, 3);
}

#[tokio::test]
async fn senseless_limits_are_refused() {
    let queue = Queue::start().await;
    let mut conn = queue.db.acquire().await.unwrap();
    for (max_running, rate) in [
        (Some(0), None),
        (None, Some((0, SECOND))),
        (None, Some((1, Duration::ZERO))),
        (None, Some((1, SECOND * 100_000))),
    ] {
        let limits = Limits { max_running, rate };
        assert!(
            db::operate::set_limits(&mut conn, "default", limits)
                .await
                .is_err()
        );
    }
}
