use std::time::Duration;

use jobboard_shared::queue::{Again, CHANNEL, Settlement, db};
use sqlx::postgres::PgListener;

use super::{LEASE, Plain, Queue, Urgent};

#[tokio::test]
async fn who_lost_the_lease_changes_nothing() {
    let queue = Queue::start().await;
    queue.enqueue(&Plain { n: 1 }).await;
    let old = queue.lease(1).await.remove(0);
    queue.advance(LEASE + Duration::from_secs(1)).await;
    assert_eq!(queue.rescue().await.len(), 1);

    let late = [
        Settlement::Done,
        Settlement::Again {
            delay: Duration::ZERO,
            why: Again::Released,
        },
        Settlement::Dead {
            reason: jobboard_shared::queue::DeathReason::GaveUp,
            error: "late".to_owned(),
        },
    ];
    for settlement in &late {
        assert!(
            queue.settle(&old, settlement.clone()).await.is_empty(),
            "while pending"
        );
    }
    queue.advance(Duration::from_secs(3600)).await;
    let mut conn = queue.db.acquire().await.unwrap();
    let new = queue.lease(1).await.remove(0);
    assert!(new.key.fence > old.key.fence);
    for settlement in &late {
        assert!(
            queue.settle(&old, settlement.clone()).await.is_empty(),
            "while leased anew"
        );
    }
    let held = db::heartbeat(&mut conn, &[old.key, new.key], LEASE)
        .await
        .unwrap();
    assert_eq!(held.len(), 1);
    assert_eq!((held[0].key, held[0].cancel_requested), (new.key, false));
    assert_eq!(queue.settle(&new, Settlement::Done).await, [new.key.id]);
}

#[tokio::test]
async fn many_allowed_attempts_do_not_mean_as_many_killed_workers() {
    let queue = Queue::start().await;
    queue.enqueue(&Plain { n: 1 }).await;
    sqlx::query("update tasks set max_attempts = 60, lapses = 9")
        .execute(&queue.db)
        .await
        .unwrap();
    let mut conn = queue.db.acquire().await.unwrap();
    let suspect = db::lease_suspect(&mut conn, "default", "w", LEASE).await;
    assert!(suspect.unwrap().is_some());
    queue.advance(LEASE + Duration::from_secs(1)).await;
    assert!(queue.rescue().await[0].dead);
    assert_eq!(queue.dead().await.len(), 1);
}

#[tokio::test]
async fn the_first_lapse_costs_no_time_and_the_next_in_a_row_make_a_suspect() {
    let queue = Queue::start().await;
    queue.enqueue(&Plain { n: 1 }).await;
    let lapse = async || {
        queue.advance(LEASE + Duration::from_secs(1)).await;
        assert_eq!(queue.rescue().await.len(), 1);
    };
    assert_eq!(queue.lease(1).await.len(), 1);
    lapse().await;
    let second = queue.lease(1).await;
    assert_eq!(second[0].attempt, 2, "at once, and counted");
    lapse().await;
    assert!(queue.lease_any().await.is_empty(), "a backoff");
    queue.advance(Duration::from_secs(5)).await;
    assert!(queue.lease(1).await.is_empty(), "alone");
    let third = queue.lease_any().await.remove(0);
    assert_eq!(third.attempt, 3);

    // What ends by itself is no suspect any more.
    let snooze = Settlement::Again {
        delay: Duration::ZERO,
        why: Again::Snoozed,
    };
    queue.settle(&third, snooze).await;
    assert_eq!(queue.lease(1).await.len(), 1);
}

#[tokio::test]
async fn leases_of_a_fleet_known_dead_end_at_once_and_count() {
    let queue = Queue::start().await;
    queue.enqueue(&Plain { n: 1 }).await;
    let held = queue.lease(1).await.remove(0);
    assert!(queue.rescue().await.is_empty(), "the lease still runs");
    let mut conn = queue.db.acquire().await.unwrap();
    assert_eq!(db::end_all_leases(&mut conn).await.unwrap(), 1);
    assert_eq!(queue.rescue().await.len(), 1);
    assert!(queue.settle(&held, Settlement::Done).await.is_empty());
    assert_eq!(queue.count("select attempt::bigint from tasks").await, 1);
}

#[tokio::test]
async fn a_release_does_not_count_and_yet_moves_the_fence() {
    let queue = Queue::start().await;
    queue.enqueue(&Plain { n: 1 }).await;
    let first = queue.lease(1).await.remove(0);
    let released = Settlement::Again {
        delay: Duration::ZERO,
        why: Again::Released,
    };
    queue.settle(&first, released.clone()).await;
    assert!(queue.settle(&first, Settlement::Done).await.is_empty());
    let second = queue.lease(1).await.remove(0);
    assert_eq!((first.attempt, second.attempt), (1, 1));
    assert!(second.key.fence > first.key.fence);
    assert!(queue.settle(&first, Settlement::Done).await.is_empty());
    assert_eq!(queue.finished().await, 0);
}

#[tokio::test]
async fn a_renewed_lease_is_not_rescued() {
    let queue = Queue::start().await;
    queue.enqueue(&Plain { n: 1 }).await;
    let task = queue.lease(1).await.remove(0);
    let mut conn = queue.db.acquire().await.unwrap();
    for _ in 0..3 {
        queue.advance(Duration::from_secs(20)).await;
        let held = db::heartbeat(&mut conn, &[task.key], LEASE).await.unwrap();
        assert_eq!(held.len(), 1);
        assert!(queue.rescue().await.is_empty());
    }
}

/// As a handler's transaction does that must not outlive its lease.
#[tokio::test]
async fn a_lease_is_renewed_while_a_transaction_holds_on_to_it() {
    let queue = Queue::start().await;
    queue.enqueue(&Plain { n: 1 }).await;
    let task = queue.lease(1).await.remove(0);
    let mut tx = queue.db.begin().await.unwrap();
    assert!(db::hold(&mut tx, task.key).await.unwrap());
    queue.advance(Duration::from_secs(20)).await;
    let mut conn = queue.db.acquire().await.unwrap();
    db::heartbeat(&mut conn, &[task.key], LEASE).await.unwrap();
    queue.advance(Duration::from_secs(20)).await;
    assert!(queue.rescue().await.is_empty(), "it was renewed");
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn what_comes_back_at_once_rings() {
    let queue = Queue::start().await;
    let mut listener = PgListener::connect(&queue.url).await.unwrap();
    for n in 0..2 {
        queue.enqueue(&Plain { n }).await;
    }
    let tasks = queue.lease(2).await;
    listener.listen(CHANNEL).await.unwrap();
    let released = Settlement::Again {
        delay: Duration::ZERO,
        why: Again::Released,
    };
    queue.settle(&tasks[0], released).await;
    assert_eq!(listener.recv().await.unwrap().payload(), "default");
    queue.advance(LEASE * 2).await;
    assert_eq!(queue.rescue().await.len(), 1);
    assert_eq!(listener.recv().await.unwrap().payload(), "default");
}

#[tokio::test]
async fn several_rescuers_rescue_once() {
    let queue = Queue::start().await;
    for n in 0..20 {
        queue.enqueue(&Plain { n }).await;
    }
    assert_eq!(queue.lease(20).await.len(), 20);
    queue.advance(LEASE * 2).await;
    let (a, b, c) = tokio::join!(queue.rescue(), queue.rescue(), queue.rescue());
    assert_eq!(a.len() + b.len() + c.len(), 20);
    assert_eq!(queue.pending().await, 20);
}

#[tokio::test]
async fn two_workers_never_get_the_same_task() {
    let queue = Queue::start().await;
    for n in 0..100 {
        queue.enqueue(&Plain { n }).await;
    }
    let (a, b, c) = tokio::join!(queue.lease(60), queue.lease(60), queue.lease(60));
    let mut ids: Vec<_> = [a, b, c].concat().iter().map(|t| t.key.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 100);
}

#[tokio::test]
async fn fetching_goes_on_behind_a_place_of_one_priority() {
    let queue = Queue::start().await;
    let mut conn = queue.db.acquire().await.unwrap();
    for n in 0..3 {
        queue.enqueue(&Plain { n }).await;
    }
    let start = db::Place::START;
    let (tasks, place) = db::lease_after(&mut conn, start, "default", "w", LEASE, 2)
        .await
        .unwrap();
    assert_eq!(tasks.len(), 2);
    let place = place.unwrap();
    // One comes back to where it was, an urgent one is new.
    sqlx::query("update tasks set lease_until = null, leased_by = null where id = $1")
        .bind(tasks[0].key.id)
        .execute(&queue.db)
        .await
        .unwrap();
    let urgent = queue.enqueue(&Urgent {}).await;

    let (after, last) = db::lease_after(&mut conn, place, "default", "w", LEASE, 10)
        .await
        .unwrap();
    assert_eq!(after.len(), 2, "the urgent one and the third");
    assert_eq!(after[0].key.id, urgent);
    assert!(last.unwrap() > place);
    let left = queue.lease(10).await;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].key.id, tasks[0].key.id);
}
