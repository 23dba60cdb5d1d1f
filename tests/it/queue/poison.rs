//! A task that kills its process each time, in real processes.

use std::{process::Stdio, time::Duration};

use jobboard_shared::{config::Config, queue::Task};
use jobboard_worker::{
    Context, Lease, TaskResult,
    runtime::{Registry, Schedule, run_with},
};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use tokio::process::Command;
use tokio_util::sync::CancellationToken;

use super::{LEASE, Plain, Queue, context};
use crate::support::until;

const URL: &str = "JOBBOARD_TEST_POISON_DATABASE";

#[derive(Serialize, Deserialize)]
struct Poison {}

impl Task for Poison {
    const KIND: &'static str = "test.poison";
    const QUEUE: &'static str = "default";
    const MAX_ATTEMPTS: i16 = 3;
}

async fn die(ctx: Context, _: Poison, _: Lease) -> TaskResult {
    // Not before all slots are taken, so that neighbours are hit.
    loop {
        let full = "select count(*) >= 4 or not exists (
                        select from tasks where lapses = 0 and kind = 'test.plain')
                    from tasks where lease_until is not null";
        if sqlx::query_scalar::<_, bool>(full)
            .fetch_one(&ctx.db)
            .await?
        {
            std::process::abort();
        }
        tokio::task::yield_now().await;
    }
}

/// Runs for a moment, so that there is something to hit.
async fn linger(_: Context, _: Plain, _: Lease) -> TaskResult {
    tokio::time::sleep(Duration::from_millis(50)).await;
    Ok(())
}

/// Not a test: the process that `a_task_that_kills_its_process...` starts, which
/// is this test binary told to run nothing else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a worker process, started by another test"]
async fn worker_process() {
    let Ok(url) = std::env::var(URL) else { return };
    let db = PgPool::connect(&url).await.unwrap();
    let mut config = Config::for_tests(&url);
    config.worker.queues = [("default".to_owned(), 4)].into();
    let registry = Registry::default().on::<Poison>(die).on::<Plain>(linger);
    let shutdown = CancellationToken::new();
    let ctx = context(&db, config).await;
    let fleet = tokio::spawn(run_with(
        ctx,
        registry,
        Schedule::default(),
        shutdown.clone(),
    ));
    let idle = "select not exists (select from tasks
                where run_at <= app_now() or lease_until is not null)";
    until("nothing is due or running", async || {
        sqlx::query_scalar(idle).fetch_one(&db).await.unwrap()
    })
    .await;
    shutdown.cancel();
    fleet.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_task_that_kills_its_process_dies_and_its_neighbours_finish() {
    let queue = Queue::start().await;
    for n in 0..10 {
        queue.enqueue(&Plain { n }).await;
    }
    let poison = queue.enqueue(&Poison {}).await;
    for n in 10..30 {
        queue.enqueue(&Plain { n }).await;
    }
    let mut crashes = 0;
    while queue.count("select count(*) from tasks").await > 0 {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "queue::poison::worker_process", "--ignored"])
            .env(URL, &queue.url)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let run = child.wait_with_output();
        let run = tokio::time::timeout(Duration::from_secs(60), run).await;
        if !run.expect("the worker ends").unwrap().status.success() {
            crashes += 1;
        }
        assert!(crashes <= 3, "dead after three attempts");
        queue.advance(LEASE * 2).await;
        queue.rescue().await;
        queue.advance(Duration::from_secs(3600)).await;
    }
    assert_eq!(crashes, 3);
    let dead = queue.dead().await;
    assert_eq!(dead.len(), 1);
    assert_eq!((dead[0].id, dead[0].reason.as_str()), (poison, "attempts"));
    assert_eq!(dead[0].errors.as_array().unwrap().len(), 3);
    assert_eq!(queue.finished().await, 30);
}
