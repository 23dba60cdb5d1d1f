//! Two processes that keep the schedule.

use super::Site;

/// Every tick that anybody enqueued.
const TICKS: &str = "(select (args ->> 'tick')::bigint as tick, id from finished_tasks
                       where kind = 'faults.tick'
                       union all
                       select (args ->> 'tick')::bigint, id from tasks
                       where kind = 'faults.tick') t";

async fn until_ticked(site: &Site, more: i64) {
    let so_far = site.count(format!("select count(*) from {TICKS}")).await;
    let condition = format!("select count(*) >= {} from {TICKS}", so_far + more);
    site.until("it has ticked", condition).await;
}

async fn until_started(site: &Site, workers: i64) {
    site.until(
        "the workers have started",
        format!("select count(*) = {workers} from workers"),
    )
    .await;
}

#[tokio::test]
async fn two_schedulers_enqueue_each_tick_once_whoever_restarts() {
    let mut site = Site::start().await;
    site.settled.keeps_schedule = true;
    let first = site.worker();
    let second = site.worker();
    until_started(&site, 2).await;
    until_ticked(&site, 3).await;
    first.kill().await;
    until_ticked(&site, 2).await;
    let first = site.worker();
    until_started(&site, 3).await;
    until_ticked(&site, 2).await;

    // Nobody is there for some ticks; they are made good.
    first.kill().await;
    second.kill().await;
    let newest = site.count(format!("select max(tick) from {TICKS}")).await;
    site.until(
        "ticks were missed",
        format!("select extract(epoch from app_now()) > {newest} + 3"),
    )
    .await;
    let heirs = [site.worker(), site.worker()];
    site.until(
        "they are made good",
        format!("select max(tick) > {newest} + 3 from {TICKS}"),
    )
    .await;
    site.until("all have run", "select not exists (select from tasks)")
        .await;
    for heir in heirs {
        heir.stop().await;
    }

    let doubled = format!("select count(*) - count(distinct tick) from {TICKS}");
    assert_eq!(site.count(doubled).await, 0);
    let missed = format!("select max(tick) - min(tick) + 1 - count(*) from {TICKS}");
    assert_eq!(site.count(missed).await, 0);
    let unrun = "select count(*) from finished_tasks f
                 where not exists (select from ticks r where r.task = f.id)";
    assert_eq!(site.count(unrun).await, 0);
    assert_eq!(site.count("select count(*) from dead_tasks").await, 0);
}
