//! A network between worker and Postgres that fails, without and with a word.

use std::time::{Duration, Instant};

use super::{
    Site,
    worker::{Effect, LongEffect},
};
use crate::support::{Fate, Proxy};

/// Workers of this site reach the database through a proxy, the test directly.
async fn behind_a_proxy() -> (Site, Proxy) {
    let mut site = Site::start().await;
    // How long the server keeps what a client that went silent has locked: a
    // minute, were it not told otherwise.
    site.run(
        "do $$ begin execute format(
             'alter database %I set idle_in_transaction_session_timeout = ''2s''',
             current_database()); end $$",
    )
    .await;
    let proxy = Proxy::before(&site.settled.url).await;
    site.settled.url = proxy.url(&site.settled.url);
    (site, proxy)
}

/// Ten seconds without the database, with the lease that is the default: what
/// runs goes on, ends once and keeps its lease.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_seconds_without_the_database_cost_no_run() {
    const AWAY: Duration = Duration::from_secs(10);
    let (mut site, proxy) = behind_a_proxy().await;
    site.settled.lease = "20s";
    let long = |n| LongEffect(Effect { n, millis: 12_000 });
    site.enqueue(&[0, 1, 2, 3].map(long)).await;
    let worker = site.worker();
    site.until("four run", "select count(*) = 4 from runs")
        .await;
    proxy.future(Fate::Cut);
    proxy.present(Fate::Cut);
    let cut = Instant::now();
    // Enqueued by somebody who reaches the database.
    site.enqueue_effects(4..104, 0).await;
    let tried = proxy.accepted();
    while cut.elapsed() < AWAY {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(proxy.accepted() > tried, "it tries");
    assert_eq!(site.count("select count(*) from effects").await, 0);
    proxy.future(Fate::Pass);
    site.until("all have ended", "select count(*) = 0 from tasks")
        .await;
    worker.stop().await;
    site.assert_each_once(104).await;
    assert_eq!(site.count("select count(*) from runs").await, 104);
    let first = "select max(attempt)::bigint from finished_tasks";
    assert_eq!(site.count(first).await, 1);
}

/// Every connection goes silent under load, none is closed; new ones work.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silent_connections_are_given_up_for_new_ones() {
    let (site, proxy) = behind_a_proxy().await;
    site.enqueue_effects(0..600, 5).await;
    let worker = site.worker();
    for round in 1..=2 {
        site.until(
            "it works",
            format!("select count(*) > {} from effects", round * 100),
        )
        .await;
        proxy.present(Fate::Swallow);
    }
    site.until_empty().await;
    worker.stop().await;
    site.assert_each_once(600).await;
}

/// Nothing answers, not even to a new connection, and nothing is closed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_that_swallows_everything_for_a_while_loses_nothing() {
    let (site, proxy) = behind_a_proxy().await;
    site.enqueue_effects(0..400, 5).await;
    let worker = site.worker();
    site.until("it works", "select count(*) > 100 from effects")
        .await;
    proxy.future(Fate::Swallow);
    proxy.present(Fate::Swallow);
    let swallowed = Instant::now();
    let tried = proxy.accepted();
    while swallowed.elapsed() < Duration::from_secs(4) || proxy.accepted() < tried + 2 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    proxy.future(Fate::Pass);
    site.until_empty().await;
    worker.stop().await;
    site.assert_each_once(400).await;
}

/// The listener's connection goes silent while nothing is to be done: bells ring
/// again after its next probe.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_listener_is_replaced() {
    let (site, proxy) = behind_a_proxy().await;
    let worker = site.worker();
    let listening = "select count(*) > 0 from pg_stat_activity
        where datname = current_database() and query like 'LISTEN%'";
    site.until("it listens", listening).await;
    proxy.present(Fate::Swallow);
    // The server does not know that nobody hears these.
    site.run(
        "create table deaf as select pid from pg_stat_activity
         where datname = current_database() and query like 'LISTEN%'",
    )
    .await;
    site.until(
        "another one listens",
        "select count(*) > 0 from pg_stat_activity
         where datname = current_database() and query like 'LISTEN%'
           and pid not in (select pid from deaf)",
    )
    .await;
    worker.stop().await;
}

/// A slow network costs time only.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_network_costs_time_only() {
    let (site, proxy) = behind_a_proxy().await;
    proxy.delay(Duration::from_millis(25));
    site.enqueue_effects(0..50, 5).await;
    let worker = site.worker();
    site.until("all have ended", "select count(*) = 0 from tasks")
        .await;
    worker.stop().await;
    site.assert_each_once(50).await;
    assert_eq!(site.count("select count(*) from runs").await, 50);
}
