//! Who works, and what becomes of the work of those who died.

use std::time::Duration;

use jobboard_shared::queue::{db, tasks::Upkeep};
use rustix::process::Signal;
use tokio::process::Child;

use super::{
    Queue, Unique,
    fleet::{Fleet, Gate},
    process::{enqueue_refreshes, signal, worker_with},
};

async fn listed(queue: &Queue) -> Vec<db::operate::Worker> {
    let mut conn = queue.db.acquire().await.unwrap();
    db::operate::workers(&mut conn).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_is_on_the_list_from_its_start_to_its_clean_end() {
    let queue = Queue::start_with(|c| c.worker.lease = Duration::from_millis(600)).await;
    let gate = Gate::new();
    let fleet = Fleet::start(&queue, gate.registry());
    let known = "select count(*) = 1 from workers where running = 0 and not stopping";
    queue.until("it is known while idle", known).await;
    let worker = listed(&queue).await.remove(0);
    assert!(worker.alive);
    assert_eq!(worker.pid.unsigned_abs(), std::process::id());
    assert_eq!(worker.queues, serde_json::json!({"default": 4}));
    assert_eq!(worker.lease_seconds, 0.6);
    assert!(!worker.host.is_empty() && !worker.version.is_empty());

    queue.enqueue(&Unique::named("a")).await;
    gate.wait_for_start().await;
    queue
        .until(
            "it names what it runs",
            "select running = 1 and id = (select leased_by from tasks) from workers",
        )
        .await;
    fleet.shutdown.cancel();
    queue
        .until("it says that it stops", "select stopping from workers")
        .await;
    gate.open.add_permits(1);
    fleet.stop().await;
    assert!(listed(&queue).await.is_empty());
}

#[tokio::test]
async fn a_worker_that_fell_silent_is_shown_dead_and_later_forgotten() {
    let queue = Queue::start().await;
    let mut conn = queue.db.acquire().await.unwrap();
    let beat = db::WorkerBeat {
        id: "w",
        host: "h",
        pid: 1,
        version: "1",
        queues: &[("default".to_owned(), 4)].into(),
        lease: Duration::from_secs(20),
        running: 0,
        stopping: false,
    };
    db::announce_worker(&mut conn, &beat).await.unwrap();
    let started = listed(&queue).await.remove(0).started_at;
    queue.advance(Duration::from_secs(15)).await;
    db::announce_worker(&mut conn, &beat).await.unwrap();
    queue.advance(Duration::from_secs(15)).await;
    let worker = listed(&queue).await.remove(0);
    assert!(worker.alive, "seen 15 s ago");
    assert_eq!(worker.started_at, started);
    queue.advance(Duration::from_secs(30)).await;
    assert!(!listed(&queue).await.remove(0).alive);

    queue.enqueue(&Upkeep {}).await;
    jobboard_worker::drain(&queue.ctx).await.unwrap();
    assert_eq!(listed(&queue).await.len(), 1, "still worth a look");
    queue.advance(Duration::from_secs(3600)).await;
    queue.enqueue(&Upkeep {}).await;
    jobboard_worker::drain(&queue.ctx).await.unwrap();
    assert!(listed(&queue).await.is_empty());
}

/// Kills a worker process that runs four tasks right after it has renewed their
/// leases; gives the time until all four run in another.
async fn time_to_run_elsewhere(lease: Option<&str>) -> Duration {
    let queue = Queue::start().await;
    let mut variables = vec![("DATABASE_DIRECT_URL", queue.url.as_str())];
    variables.extend(lease.map(|lease| ("JOBBOARD_LEASE", lease)));
    // Handlers wait for it as they read the jobs.
    let mut lock = queue.db.begin().await.unwrap();
    sqlx::query("lock table jobs in access exclusive mode")
        .execute(&mut *lock)
        .await
        .unwrap();
    let mut first = worker_with(&queue, &variables);
    enqueue_refreshes(&queue, 4).await;
    let four_run = "select count(*) = 4 from tasks
                    where lease_until is not null and kind = 'search.refresh_jobs'";
    queue.until("the first runs four", four_run).await;
    let remember = "create table first as select distinct leased_by as id from tasks
                    where kind = 'search.refresh_jobs'";
    sqlx::query(remember).execute(&queue.db).await.unwrap();
    let second: Child = worker_with(&queue, &variables);
    queue
        .until("both are known", "select count(*) = 2 from workers")
        .await;
    let renewed = "select bool_and(tasks.started_at < app_now() - interval '1 second'
                             and lease_until > app_now() + 0.97 * w.lease)
                   from tasks join workers w on w.id = leased_by
                   where kind = 'search.refresh_jobs'";
    queue.until("the leases were just renewed", renewed).await;
    signal(&first, Signal::KILL);
    sqlx::query("create table killed as select app_now() as at")
        .execute(&queue.db)
        .await
        .unwrap();
    first.wait().await.unwrap();
    let elsewhere = "select count(*) = 4 from tasks
                     where lease_until is not null and kind = 'search.refresh_jobs'
                       and leased_by not in (select id from first)";
    queue.until("the second runs them", elsewhere).await;
    let seconds: f64 = sqlx::query_scalar(
        "select extract(epoch from max(started_at) - (select at from killed))::float8
         from tasks where kind = 'search.refresh_jobs'",
    )
    .fetch_one(&queue.db)
    .await
    .unwrap();
    lock.rollback().await.unwrap();
    let finished = "select count(*) = 4 from finished_tasks where kind = 'search.refresh_jobs'";
    queue.until("all have ended", finished).await;
    drop(second);
    Duration::from_secs_f64(seconds)
}

/// With `--nocapture` the figure of docs/BENCHMARKS.md.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_workers_tasks_run_elsewhere_within_30_s() {
    let time = time_to_run_elsewhere(None).await;
    println!("default lease: all tasks run elsewhere after {time:.1?}");
    assert!(time < Duration::from_secs(30), "{time:?}");
}

/// With `--nocapture` the figure of docs/BENCHMARKS.md.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_workers_tasks_run_elsewhere_within_3_s_of_a_short_lease() {
    let time = time_to_run_elsewhere(Some("2s")).await;
    println!("JOBBOARD_LEASE=2s: all tasks run elsewhere after {time:.1?}");
    assert!(time < Duration::from_secs(3), "{time:?}");
}
