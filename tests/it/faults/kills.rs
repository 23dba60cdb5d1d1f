//! kill -9.

use std::time::{Duration, Instant};

use super::{Site, worker::Gated};

/// With the shortest lease, a dead worker's tasks have run elsewhere within this.
const BAR: Duration = Duration::from_secs(3);

#[tokio::test]
async fn what_a_worker_killed_in_mid_task_held_is_done_elsewhere() {
    let mut site = Site::start().await;
    site.settled.lease = "1s";
    let tasks: Vec<_> = (0..8).map(|n| Gated { n }).collect();
    site.enqueue(&tasks).await;
    let doomed = site.worker();
    site.until("its slots are full", "select count(*) = 8 from runs")
        .await;
    site.enqueue_effects(8..24, 0).await;
    let heir = site.worker();
    site.until("the other one works", "select count(*) = 16 from effects")
        .await;
    doomed.kill().await;
    let killed = Instant::now();
    // What is timed is the rescue.
    site.run("insert into gates select generate_series(0, 7)")
        .await;
    site.until("all have run", "select count(*) = 24 from effects")
        .await;
    let took = killed.elapsed();
    assert!(took < BAR, "{took:?}");
    site.until_empty().await;
    heir.stop().await;
    site.assert_each_once(24).await;
    assert_eq!(site.count("select count(*) from runs").await, 8 + 24);
    let again = "select count(*) from finished_tasks where attempt = 2";
    assert_eq!(site.count(again).await, 8);
}
