//! Tasks with an effect each, while workers are killed and the database restarts.
//! `jobboard-bench nothing-lost` does the same at random with 100,000 tasks.

use super::Site;
use crate::support::{Durable, PostgresServer};

const TASKS: i32 = 2000;
/// Effects from one blow to the next.
const STEP: i32 = 125;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_thousand_tasks_none_is_lost_under_kills_and_restarts() {
    let mut server = PostgresServer::start(Durable::Yes).await;
    let site = Site::on(&server.url).await;
    site.enqueue_effects(0..TASKS, 5).await;
    let mut workers = vec![site.worker(), site.worker(), site.worker()];
    let mut started = workers.len();
    for step in 1..TASKS / STEP {
        // One that finds no database when it starts would end.
        site.until(
            "all workers work and have done more",
            format!(
                "select count(*) >= {} and (select count(*) from workers) = {started}
                 from effects",
                step * STEP
            ),
        )
        .await;
        match step {
            5 => {
                server.stop_fast().await;
                server.up().await;
            }
            10 => {
                server.stop_immediately().await;
                server.up().await;
            }
            _ => {
                workers.remove(0).kill().await;
                workers.push(site.worker());
                started += 1;
            }
        }
    }
    site.until_empty().await;
    for worker in workers {
        worker.stop().await;
    }
    site.assert_each_once(i64::from(TASKS)).await;
}
