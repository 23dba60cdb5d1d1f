//! A worker that stands still past its lease and goes on.

use rustix::process::Signal;

use super::{
    Site,
    worker::{Fenced, Gated},
};

/// Its half-done task is run by another worker, which ends it while the first
/// one stands still; what the first one does then changes nothing.
#[tokio::test]
async fn a_worker_that_wakes_after_its_task_has_ended_elsewhere_changes_nothing() {
    let mut site = Site::start().await;
    site.settled.slots = 1;
    site.enqueue(&[Gated { n: 1 }]).await;
    let sleeper = site.worker();
    site.until("it has begun", "select count(*) = 1 from runs")
        .await;
    sleeper.signal(Signal::STOP);
    let other = site.worker();
    site.until(
        "the lease ran out",
        "select count(*) = 1 from tasks where errors <> '[]'",
    )
    .await;
    site.open(1).await;
    site.until_empty().await;
    other.stop().await;
    let ended = "create table ended as select f::text as row from finished_tasks f";
    site.run(ended).await;

    sleeper.signal(Signal::CONT);
    // Its slot is free again, and it is as good as any other.
    site.enqueue_effects(2..3, 0).await;
    site.until("it works", "select count(*) = 2 from effects")
        .await;
    sleeper.stop().await;
    site.assert_each_once(2).await;
    assert_eq!(
        site.count("select fence from effects where n = 1").await,
        2,
        "the second run's effect stands"
    );
    let same = "select count(*) from finished_tasks f join ended on f::text = row";
    assert_eq!(site.count(same).await, 1);
    let runs = "select count(distinct pid) from runs where n = 1";
    assert_eq!(site.count(runs).await, 2);
}

/// The same while the other still runs it, with a handler that would count twice:
/// it asks for its lease in the transaction that counts.
#[tokio::test]
async fn a_worker_that_wakes_while_its_task_runs_elsewhere_changes_nothing() {
    let mut site = Site::start().await;
    site.settled.slots = 1;
    site.enqueue(&[Fenced { n: 1 }]).await;
    let sleeper = site.worker();
    site.until("it has begun", "select count(*) = 1 from runs")
        .await;
    sleeper.signal(Signal::STOP);
    let other = site.worker();
    site.until(
        "the lease ran out",
        "select count(*) = 1 from tasks where errors <> '[]'",
    )
    .await;
    site.hurry().await;
    site.until(
        "the other one has begun",
        "select count(*) = 1 from runs where fence = 2",
    )
    .await;
    // Both are let go at once.
    site.open(1).await;
    sleeper.signal(Signal::CONT);
    site.until_empty().await;
    site.enqueue_effects(2..4, 500).await;
    site.until("both work", "select count(*) = 2 from effects")
        .await;
    sleeper.stop().await;
    other.stop().await;
    site.until_empty().await;
    let counted = "select total from counted where bucket = 1";
    assert_eq!(site.count(counted).await, 1);
    let attempts = "select attempt::bigint from finished_tasks where kind = 'faults.fenced'";
    assert_eq!(site.count(attempts).await, 2);
}
