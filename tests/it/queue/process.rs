//! `jobboard worker` as a process, ended politely and not.

use std::{process::Stdio, time::Duration};

use jobboard_shared::{queue::enqueue_many, search::tasks::RefreshJobs};
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};
use uuid::Uuid;

use super::{LEASE, Queue};

const TASKS: i64 = 3000;

/// A worker of the search queue on this database.
fn worker(queue: &Queue) -> Child {
    worker_with(queue, &[])
}

/// The same with further variables.
pub(super) fn worker_with(queue: &Queue, variables: &[(&str, &str)]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_jobboard"))
        .arg("worker")
        .current_dir(std::env::temp_dir())
        .env("DATABASE_URL", &queue.url)
        .env("JOBBOARD_QUEUES", "search=4")
        .env(
            "JOBBOARD_SECRET_KEY",
            "a secret that only tests share, of 32 bytes and more",
        )
        .env("JOBBOARD_OUTBOX_DIR", std::env::temp_dir())
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

pub(super) fn signal(child: &Child, signal: Signal) {
    let id = child
        .id()
        .and_then(|id| Pid::from_raw(i32::try_from(id).ok()?))
        .unwrap();
    kill_process(id, signal).unwrap();
}

/// Refreshes of jobs that are gone: real work that ends quietly.
pub(super) async fn enqueue_refreshes(queue: &Queue, number: i64) {
    let tasks: Vec<_> = (0..number)
        .map(|_| RefreshJobs {
            job_ids: vec![Uuid::new_v4()],
        })
        .collect();
    let mut conn = queue.db.acquire().await.unwrap();
    enqueue_many(&mut conn, &tasks).await.unwrap();
}

const SOME_RAN: &str = "select count(*) >= 100 from finished_tasks";

#[tokio::test]
async fn sigterm_leaves_no_task_leased_and_counts_nothing() {
    let queue = Queue::start().await;
    enqueue_refreshes(&queue, TASKS).await;
    let mut child = worker(&queue);
    queue.until("some have run", SOME_RAN).await;
    signal(&child, Signal::TERM);
    let ended = tokio::time::timeout(Duration::from_secs(30), child.wait()).await;
    assert!(ended.expect("it ends").unwrap().success());
    assert_eq!(queue.count("select count(lease_until) from tasks").await, 0);
    let counted = "select coalesce(sum(attempt), 0)::bigint from tasks where kind like 'search.%'";
    assert_eq!(queue.count(counted).await, 0);
}

#[tokio::test]
async fn what_a_killed_worker_held_is_done_by_the_next() {
    let queue = Queue::start().await;
    enqueue_refreshes(&queue, TASKS).await;
    let mut child = worker(&queue);
    queue.until("some have run", SOME_RAN).await;
    signal(&child, Signal::KILL);
    child.wait().await.unwrap();

    queue.advance(LEASE * 2).await;
    let mut child = worker(&queue);
    let rest = "select not exists (
                    select from tasks where lapses = 0 and kind = 'search.refresh_jobs')";
    queue
        .until("the rest has run and the held ones are rescued", rest)
        .await;
    queue.advance(Duration::from_secs(60)).await;
    let all = "select count(*) = 3000 from finished_tasks where kind = 'search.refresh_jobs'";
    queue.until("all have run", all).await;
    signal(&child, Signal::TERM);
    child.wait().await.unwrap();
    assert!(queue.dead().await.is_empty());
}
