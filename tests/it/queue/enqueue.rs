use std::{collections::BTreeSet, time::Duration};

use jobboard_shared::queue::{Again, Settlement, enqueue, enqueue_in, enqueue_many};
use jobboard_worker::{Context, Lease, TaskError, TaskResult, runtime::Registry};
use sqlx::{Connection, PgConnection};

use super::{LEASE, Plain, Queue, Unique, Urgent, succeed};

#[tokio::test]
async fn a_task_lives_and_dies_with_its_transaction() {
    let queue = Queue::start().await;
    let mut tx = queue.db.begin().await.unwrap();
    enqueue(&mut tx, &Plain { n: 1 }).await.unwrap();
    assert!(queue.lease(10).await.is_empty(), "not committed yet");
    tx.rollback().await.unwrap();
    assert_eq!(queue.pending().await, 0);

    let mut tx = queue.db.begin().await.unwrap();
    enqueue(&mut tx, &Plain { n: 2 }).await.unwrap();
    tx.commit().await.unwrap();
    let leased = queue.lease(10).await;
    assert_eq!(leased.len(), 1);
    assert_eq!(leased[0].args["n"], 2);
}

#[tokio::test]
async fn pending_twins_are_one() {
    let queue = Queue::start().await;
    let first = queue.enqueue(&Unique::named("a")).await;
    assert_eq!(queue.enqueue(&Unique::named("a")).await, first);
    assert_ne!(queue.enqueue(&Unique::named("b")).await, first);
    assert_eq!(queue.pending().await, 2);
}

#[tokio::test]
async fn a_leased_twin_does_not_count_as_pending() {
    let queue = Queue::start().await;
    let first = queue.enqueue(&Unique::named("a")).await;
    assert_eq!(queue.lease(1).await.len(), 1);
    assert_ne!(queue.enqueue(&Unique::named("a")).await, first);
    assert_eq!(queue.pending().await, 1);
}

/// An editor changes a row and meets a pending duplicate, while a worker looks
/// for work: the worker must not take the duplicate, read the row as it was and
/// finish before the edit is committed.
#[tokio::test]
async fn a_unique_key_never_loses_an_edit() {
    let queue = Queue::start().await;
    queue.enqueue(&Unique::named("row")).await;

    let mut edit = queue.db.begin().await.unwrap();
    enqueue(&mut edit, &Unique::named("row")).await.unwrap();
    assert!(queue.lease(10).await.is_empty(), "the edit holds its task");
    edit.commit().await.unwrap();

    let leased = queue.lease(10).await;
    assert_eq!(leased.len(), 1, "and the task runs after the edit");
}

/// The other way round: the worker's lease is under way when the editor comes.
#[tokio::test]
async fn an_edit_during_a_lease_gets_a_task_of_its_own() {
    let queue = Queue::start().await;
    queue.enqueue(&Unique::named("row")).await;
    let mut worker = queue.db.begin().await.unwrap();
    let lease = Duration::from_secs(30);
    let leased = jobboard_shared::queue::db::lease(&mut worker, "default", "w", lease, 1);
    assert_eq!(leased.await.unwrap().len(), 1);

    let mut editor = PgConnection::connect(&queue.url).await.unwrap();
    let edit = tokio::spawn(async move { enqueue(&mut editor, &Unique::named("row")).await });
    queue
        .until(
            "the editor waits for the row",
            "select exists (select from pg_stat_activity
                where datname = current_database() and wait_event_type = 'Lock')",
        )
        .await;
    worker.commit().await.unwrap();
    edit.await.unwrap().unwrap();
    assert_eq!(
        queue.pending().await,
        1,
        "a second task for the second edit"
    );
}

/// Editors and workers at full speed: what the last run of the task read is what
/// the last edit wrote.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn racing_edits_are_all_seen() {
    let queue = Queue::start().await;
    sqlx::raw_sql(
        "create table source (v int not null); insert into source values (0);
         create table seen (v int not null); insert into seen values (0);",
    )
    .execute(&queue.db)
    .await
    .unwrap();
    let mut editors = Vec::new();
    for _ in 0..4 {
        let db = queue.db.clone();
        editors.push(tokio::spawn(async move {
            for _ in 0..50 {
                let mut tx = db.begin().await.unwrap();
                sqlx::query("update source set v = v + 1")
                    .execute(&mut *tx)
                    .await
                    .unwrap();
                enqueue(&mut tx, &Unique::named("row")).await.unwrap();
                tx.commit().await.unwrap();
            }
        }));
    }
    async fn copy(ctx: Context, _: Unique, _: Lease) -> TaskResult {
        let v: i32 = sqlx::query_scalar("select v from source")
            .fetch_one(&ctx.db)
            .await?;
        sqlx::query("update seen set v = greatest(v, $1)")
            .bind(v)
            .execute(&ctx.db)
            .await?;
        Ok(())
    }
    while !editors.iter().all(tokio::task::JoinHandle::is_finished) {
        queue.drain(Registry::default().on::<Unique>(copy)).await;
    }
    for editor in editors {
        editor.await.unwrap();
    }
    queue.drain(Registry::default().on::<Unique>(copy)).await;
    assert_eq!(queue.count("select v::bigint from source").await, 200);
    assert_eq!(queue.count("select v::bigint from seen").await, 200);
}

#[tokio::test]
async fn a_retry_merges_into_its_newer_pending_twin() {
    let queue = Queue::start().await;
    queue.enqueue(&Unique::named("a")).await;
    let running = queue.lease(1).await.remove(0);
    let twin = queue.enqueue(&Unique::named("a")).await;
    let settled = queue
        .settle(
            &running,
            Settlement::Again {
                delay: Duration::ZERO,
                why: Again::Failed {
                    error: "no luck".to_owned(),
                },
            },
        )
        .await;
    assert_eq!(settled, [running.key.id]);
    let left = queue.lease(10).await;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].key.id, twin);
}

/// The schedule enqueues it again before, during and after each of its runs, all
/// of which end with the death of their process.
#[tokio::test]
async fn a_task_enqueued_more_often_than_it_lapses_dies_all_the_same() {
    let queue = Queue::start().await;
    let mut backoffs = Vec::new();
    for attempt in 1..=3 {
        queue.enqueue(&Unique::named("tick")).await;
        let leased = queue.lease_any().await.remove(0);
        assert_eq!(leased.attempt, attempt);
        queue.enqueue(&Unique::named("tick")).await;
        queue.advance(LEASE + Duration::from_secs(1)).await;
        assert_eq!(queue.rescue().await[0].dead, attempt == 3);
        queue.enqueue(&Unique::named("tick")).await;
        assert_eq!(queue.pending().await, 1);
        backoffs.push(
            queue
                .count("select extract(epoch from run_at - app_now())::bigint from tasks")
                .await,
        );
        queue.advance(Duration::from_secs(20)).await;
    }
    assert!(backoffs[0] == 0 && backoffs[1] > 0, "{backoffs:?}");
    let dead = queue.dead().await;
    assert_eq!(dead.len(), 1);
    assert_eq!(dead[0].errors.as_array().unwrap().len(), 3);
    let fresh = queue.lease_any().await.remove(0);
    assert_eq!(fresh.attempt, 1, "what came after the death starts anew");
}

#[tokio::test]
async fn a_task_enqueued_more_often_than_it_fails_dies_all_the_same() {
    let queue = Queue::start().await;
    for attempt in 1..=3 {
        queue.enqueue(&Unique::named("tick")).await;
        let db = queue.db.clone();
        let report = queue
            .drain(
                Registry::default().on::<Unique>(move |_: Context, task: Unique, _: Lease| {
                    let db = db.clone();
                    async move {
                        enqueue(&mut *db.acquire().await?, &task).await?;
                        Err(TaskError::retry("no luck"))
                    }
                }),
            )
            .await;
        let dead: Vec<_> = report.failures.iter().map(|f| f.dead).collect();
        if attempt < 3 {
            assert_eq!(dead, [false], "one run, then its backoff");
        } else {
            // The twin of the last run has all its attempts.
            assert_eq!(dead, [true, false]);
        }
        queue.advance(Duration::from_secs(20)).await;
    }
    assert_eq!(queue.dead().await.len(), 1);
}

#[tokio::test]
async fn new_work_waits_five_minutes_at_most_for_a_failed_twin() {
    let queue = Queue::start().await;
    let again = |error: &str| Settlement::Again {
        delay: Duration::from_secs(3600),
        why: Again::Failed {
            error: error.to_owned(),
        },
    };
    let wait = "select extract(epoch from run_at - app_now())::bigint from tasks";
    queue.enqueue(&Unique::named("a")).await;
    let running = queue.lease(1).await.remove(0);
    queue.enqueue(&Unique::named("a")).await;
    queue.settle(&running, again("during")).await;
    assert!((290..=300).contains(&queue.count(wait).await));
    queue.advance(Duration::from_secs(300)).await;

    let running = queue.lease(1).await.remove(0);
    assert_eq!(running.attempt, 2);
    queue.settle(&running, again("before")).await;
    assert!(queue.count(wait).await > 3500);
    queue.enqueue(&Unique::named("a")).await;
    assert!((290..=300).contains(&queue.count(wait).await));
    assert_eq!(queue.count("select attempt::bigint from tasks").await, 2);
}

/// Neither the attempts nor the backoff start anew.
#[tokio::test]
async fn a_new_enqueue_of_a_failing_task_waits_with_it() {
    let queue = Queue::start().await;
    queue.enqueue(&Unique::named("a")).await;
    let fail = || Registry::default().on::<Unique>(fail);
    assert_eq!(queue.drain(fail()).await.failures.len(), 1);
    queue.enqueue(&Unique::named("a")).await;
    assert_eq!(queue.drain(fail()).await.runs(), 0);
    assert_eq!(queue.count("select attempt::bigint from tasks").await, 1);
    queue.advance(Duration::from_secs(10)).await;
    assert_eq!(
        queue
            .drain(Registry::default().on::<Unique>(succeed))
            .await
            .done,
        1
    );
}

async fn fail(_: Context, _: Unique, _: Lease) -> TaskResult {
    Err(TaskError::retry("no luck"))
}

#[tokio::test]
async fn ten_thousand_at_once_take_one_statement() {
    let queue = Queue::start().await;
    let tasks: Vec<_> = (0..10_000).map(|n| Plain { n }).collect();
    let mut tx = queue.db.begin().await.unwrap();
    assert_eq!(enqueue_many(&mut tx, &tasks).await.unwrap(), 10_000);
    tx.commit().await.unwrap();
    // Commands are numbered within their transaction.
    let commands = "select count(distinct (xmin::text, cmin::text)) from tasks";
    assert_eq!(queue.count(commands).await, 1);
    assert_eq!(queue.pending().await, 10_000);
}

#[tokio::test]
async fn many_at_once_merge_and_come_in_one_order() {
    let queue = Queue::start().await;
    queue.enqueue(&Unique::named("b")).await;
    let tasks: Vec<_> = ["c", "b", "a", "c"]
        .into_iter()
        .map(Unique::named)
        .collect();
    let mut conn = queue.db.acquire().await.unwrap();
    assert_eq!(enqueue_many(&mut conn, &tasks).await.unwrap(), 2, "a and c");
    assert_eq!(
        enqueue_many(&mut conn, &[Plain { n: 1 }, Plain { n: 1 }])
            .await
            .unwrap(),
        2
    );
    assert_eq!(enqueue_many::<Plain>(&mut conn, &[]).await.unwrap(), 0);
    let names: BTreeSet<_> = queue
        .lease(10)
        .await
        .into_iter()
        .filter_map(|t| t.args["name"].as_str().map(str::to_owned))
        .collect();
    assert_eq!(names.into_iter().collect::<Vec<_>>(), ["a", "b", "c"]);
}

/// Two transactions that enqueue the same keys in opposite order do not
/// deadlock.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_at_once_do_not_deadlock() {
    let queue = Queue::start().await;
    let forward: Vec<_> = (0..100)
        .map(|n| Unique::named(&format!("{n:03}")))
        .collect();
    let backward: Vec<_> = forward.iter().rev().cloned().collect();
    let mut rounds = Vec::new();
    for tasks in [forward.clone(), backward.clone(), forward, backward] {
        let db = queue.db.clone();
        rounds.push(tokio::spawn(async move {
            for _ in 0..20 {
                let mut tx = db.begin().await.unwrap();
                enqueue_many(&mut tx, &tasks).await.unwrap();
                tx.commit().await.unwrap();
            }
        }));
    }
    for round in rounds {
        round.await.unwrap();
    }
    assert_eq!(queue.pending().await, 100);
}

#[tokio::test]
async fn a_delayed_task_runs_when_its_time_has_come() {
    let queue = Queue::start().await;
    let mut conn = queue.db.acquire().await.unwrap();
    enqueue_in(&mut conn, &Plain { n: 1 }, Duration::from_secs(3600))
        .await
        .unwrap();
    assert!(queue.lease(10).await.is_empty());
    queue.advance(Duration::from_secs(3601)).await;
    assert_eq!(queue.lease(10).await.len(), 1);
}

#[tokio::test]
async fn fetched_by_priority_then_time_then_id() {
    let queue = Queue::start().await;
    let mut conn = queue.db.acquire().await.unwrap();
    let hour = Duration::from_secs(3600);
    let future = enqueue_in(&mut conn, &Urgent {}, hour).await.unwrap();
    let second = enqueue(&mut conn, &Plain { n: 1 }).await.unwrap();
    let third = enqueue(&mut conn, &Plain { n: 2 }).await.unwrap();
    let first = enqueue(&mut conn, &Urgent {}).await.unwrap();
    let leased: Vec<_> = queue.lease(2).await.iter().map(|t| t.key.id).collect();
    assert_eq!(leased, [first, second]);
    let leased: Vec<_> = queue.lease(10).await.iter().map(|t| t.key.id).collect();
    assert_eq!(leased, [third]);
    queue.advance(hour).await;
    let leased: Vec<_> = queue.lease(10).await.iter().map(|t| t.key.id).collect();
    assert_eq!(leased, [future]);
}
