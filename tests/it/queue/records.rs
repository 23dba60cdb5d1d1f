use std::time::Duration;

use jobboard_shared::queue::{Settlement, db, tasks::Upkeep};
use jobboard_worker::runtime::Registry;

use super::{Plain, Queue, succeed};

const DAY: Duration = Duration::from_secs(24 * 3600);

#[tokio::test]
async fn finished_tasks_stand_in_their_day_and_are_dropped_by_age() {
    let queue = Queue::start().await;
    let mut conn = queue.db.acquire().await.unwrap();
    // Beyond the partitions made so far: the default takes it.
    queue.advance(30 * DAY).await;
    queue.enqueue(&Plain { n: 1 }).await;
    queue.drain(Registry::default().on::<Plain>(succeed)).await;
    assert_eq!(
        queue
            .count("select count(*) from finished_tasks_default")
            .await,
        1
    );

    assert_eq!(db::make_partitions(&mut conn, 7).await.unwrap(), 8);
    assert_eq!(db::make_partitions(&mut conn, 7).await.unwrap(), 0);
    assert_eq!(
        queue
            .count("select count(*) from finished_tasks_default")
            .await,
        0
    );
    assert_eq!(queue.finished().await, 1, "it moved to its day");

    queue.advance(DAY).await;
    let dropped = db::drop_old_partitions(&mut conn, 3 * DAY).await;
    assert!(dropped.is_ok());
    assert_eq!(queue.finished().await, 1);
    queue.advance(4 * DAY).await;
    let dropped = db::drop_old_partitions(&mut conn, 3 * DAY).await;
    assert_eq!(dropped.unwrap(), 2);
    assert_eq!(queue.finished().await, 0);
}

#[tokio::test]
async fn the_schedule_keeps_the_records_in_bounds() {
    let queue = Queue::start().await;
    jobboard_worker::tick(&queue.ctx).await.unwrap();
    queue.advance(20 * DAY).await;
    jobboard_worker::tick(&queue.ctx).await.unwrap();
    let due = "select count(*) from tasks where kind = 'queue.upkeep'";
    assert_eq!(queue.count(due).await, 1);
    for _ in 0..2 {
        queue.enqueue(&Upkeep {}).await;
        let report = queue.drain(jobboard_worker::registry::registry()).await;
        assert_eq!(
            report
                .failures
                .iter()
                .filter(|f| f.kind == "queue.upkeep")
                .count(),
            0
        );
        assert_eq!(queue.count(due).await, 0);
    }
    let days = "select count(*) from pg_inherits where inhparent = 'finished_tasks'::regclass";
    assert_eq!(
        queue.count(days).await,
        1 + 8,
        "the default, today and a week ahead"
    );
}

/// That had one attempt and no handler.
async fn with_a_dead_task(queue: &Queue) {
    queue.enqueue(&Plain { n: 1 }).await;
    sqlx::query("update tasks set max_attempts = 1")
        .execute(&queue.db)
        .await
        .unwrap();
    queue.drain(Registry::default()).await;
    assert_eq!(queue.dead().await.len(), 1);
}

#[tokio::test]
async fn the_dead_are_kept_for_a_while() {
    let queue = Queue::start().await;
    let mut conn = queue.db.acquire().await.unwrap();
    with_a_dead_task(&queue).await;
    queue.advance(10 * DAY).await;
    assert_eq!(db::drop_old_dead(&mut conn, 30 * DAY).await.unwrap(), 0);
    assert_eq!(db::drop_old_dead(&mut conn, 9 * DAY).await.unwrap(), 1);
}

#[tokio::test]
async fn who_reads_the_finished_tasks_for_long_holds_up_their_removal_alone() {
    let queue = Queue::start().await;
    with_a_dead_task(&queue).await;
    queue.advance(100 * DAY).await;
    queue.enqueue(&Plain { n: 2 }).await;
    let leased = queue.lease_any().await;

    // As pg_dump does.
    let mut reader = queue.db.begin().await.unwrap();
    sqlx::query("select count(*) from finished_tasks")
        .execute(&mut *reader)
        .await
        .unwrap();
    queue.enqueue(&Upkeep {}).await;
    let upkeep = queue.drain(jobboard_worker::registry::registry());
    let settled = async {
        let mut conn = queue.db.acquire().await.unwrap();
        // As long as the machinery waits.
        sqlx::raw_sql("set lock_timeout = '1s'")
            .execute(&mut *conn)
            .await
            .unwrap();
        queue
            .until(
                "the upkeep has waited for the reader",
                "select exists (select from pg_locks where not granted)
                     or exists (select from tasks where errors <> '[]')",
            )
            .await;
        let ended: Vec<_> = leased
            .iter()
            .map(|task| (task.key, task.unique, Settlement::Done))
            .collect();
        db::settle(&mut conn, &ended).await.unwrap().len()
    };
    let (report, settled) = tokio::join!(upkeep, settled);
    assert_eq!(settled, 1, "nobody else waits for long");
    assert_eq!(report.failures.len(), 1, "it will be tried again");
    assert_eq!(queue.dead().await.len(), 0, "the rest was done");

    drop(reader);
    queue.advance(Duration::from_secs(60)).await;
    let report = queue.drain(jobboard_worker::registry::registry()).await;
    assert_eq!((report.done, report.failures.len()), (1, 0));
    assert_eq!(queue.finished().await, 2);
}

#[tokio::test]
async fn what_ran_is_counted_by_the_minute() {
    let queue = Queue::start().await;
    let mut conn = queue.db.acquire().await.unwrap();
    let counts = |done, waits: &[u64]| db::MinuteCounts {
        queue: "mail".to_owned(),
        kind: "mail.send".to_owned(),
        done,
        waits: waits.to_vec(),
        runs: vec![1],
        run_seconds: 0.5,
        ..db::MinuteCounts::default()
    };
    sqlx::query("update app_clock set shift = date_trunc('minute', now()) - now()")
        .execute(&queue.db)
        .await
        .unwrap();
    for counts in [counts(1, &[0, 1]), counts(2, &[1, 0, 1])] {
        db::add_minutes(&mut conn, "worker", &[counts])
            .await
            .unwrap();
    }
    let recent = db::operate::recent(&mut conn, 4).await.unwrap();
    assert_eq!(recent.len(), 1);
    assert_eq!((recent[0].done, recent[0].runs.as_slice()), (3, &[2][..]));
    assert_eq!(recent[0].waits, [1, 1, 1]);
    let rows: i64 = queue.count("select count(*) from task_minutes").await;
    assert_eq!(rows, 1, "one row per minute, kind and worker");
    queue.advance(Duration::from_secs(120)).await;
    let dropped = db::drop_old_minutes(&mut conn, Duration::from_secs(60)).await;
    assert_eq!(dropped.unwrap(), 1);
}
