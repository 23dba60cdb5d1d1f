//! SIGTERM with tasks that take longer than the grace time.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::{
    Site,
    worker::{Gated, Stubborn},
};

fn gated() -> Vec<Gated> {
    (0..8).map(|n| Gated { n }).collect()
}

/// What did not end in time is given back, not counted, and run elsewhere.
#[tokio::test]
async fn tasks_longer_than_the_grace_time_run_elsewhere() {
    let mut site = Site::start().await;
    site.settled.grace = "1s";
    site.enqueue(&gated()).await;
    let worker = site.worker();
    site.until("all run", "select count(*) = 8 from runs").await;
    let told = Instant::now();
    worker.signal(Signal::TERM);
    assert_eq!(worker.end(Duration::from_secs(15)).await.code(), Some(0));
    assert!(told.elapsed() >= Duration::from_secs(1), "the grace time");
    let given_back = "select count(*) from tasks
        where lease_until is null and attempt = 0 and fence = 1 and lapses = 0
          and errors = '[]' and run_at <= app_now()";
    assert_eq!(site.count(given_back).await, 8);

    site.run("insert into gates select generate_series(0, 7)")
        .await;
    let heir = site.worker();
    site.until_empty().await;
    heir.stop().await;
    site.assert_each_once(8).await;
    let first = "select count(*) from finished_tasks where attempt = 1";
    assert_eq!(site.count(first).await, 8);
}

/// Who is told twice ends at once; the leases run out, and nothing is lost.
#[tokio::test]
async fn a_second_signal_ends_at_once() {
    let mut site = Site::start().await;
    site.settled.grace = "60s";
    site.enqueue(&gated()).await;
    let worker = site.worker();
    site.until("all run", "select count(*) = 8 from runs").await;
    worker.signal(Signal::TERM);
    // The first has been heard when nothing new is taken.
    site.enqueue_effects(8..9, 0).await;
    worker.signal(Signal::TERM);
    assert_eq!(worker.end(Duration::from_secs(5)).await.code(), Some(1));

    site.run("insert into gates select generate_series(0, 7)")
        .await;
    let heir = site.worker();
    site.until_empty().await;
    heir.stop().await;
    site.assert_each_once(9).await;
}

/// It is left behind, with the connection it keeps, after its task was given back.
#[tokio::test]
async fn a_handler_deaf_to_its_cancellation_is_left_behind() {
    let mut site = Site::start().await;
    site.settled.grace = "1s";
    site.enqueue(&[Stubborn { connected: true }]).await;
    let worker = site.worker();
    site.until("it runs", "select count(*) = 1 from runs").await;
    worker.signal(Signal::TERM);
    let status = worker.end(Duration::from_secs(20)).await;
    assert_eq!(status.code(), Some(0));
    let given_back = "select count(*) from tasks where lease_until is null and attempt = 0";
    assert_eq!(site.count(given_back).await, 1);
}

/// More of them than there are threads: nothing in the process runs any more but
/// what ends it after its last call, as a failure.
#[tokio::test]
async fn handlers_deaf_to_cancellation_on_every_thread_do_not_keep_the_process() {
    let mut site = Site::start().await;
    site.settled.grace = "1s";
    site.settled.slots = 64;
    let tasks: Vec<_> = (0..64).map(|_| Stubborn { connected: false }).collect();
    site.enqueue(&tasks).await;
    let worker = site.worker();
    let taken = "select count(*) = 64 from tasks where lease_until is not null";
    site.until("they are taken", taken).await;
    worker.signal(Signal::TERM);
    let status = worker.end(Duration::from_secs(20)).await;
    assert_eq!(status.code(), Some(1));
    site.until(
        "the leases have run out",
        "select bool_and(lease_until is null or lease_until < app_now()) from tasks",
    )
    .await;
    assert_eq!(site.count("select count(*) from tasks").await, 64);
}
