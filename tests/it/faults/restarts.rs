//! Postgres restarted under load.

use super::Site;
use crate::support::{Durable, PostgresServer};

const TASKS: i32 = 600;

const SOME_RAN: &str = "select count(*) > 100 from effects";

/// Two workers in the middle of it all. Tasks that ran into the restart come
/// back; what had finished is settled as soon as the server is there again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fast_restart_loses_nothing() {
    let mut server = PostgresServer::start(Durable::No).await;
    let site = loaded(&server).await;
    let workers = [site.worker(), site.worker()];
    site.until("some have run", SOME_RAN).await;
    server.stop_fast().await;
    server.up().await;
    site.until_empty().await;
    for worker in workers {
        worker.stop().await;
    }
    site.assert_each_once(i64::from(TASKS)).await;
}

/// As after a crash: what was committed and not yet told, and what was not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_of_the_database_loses_nothing() {
    let mut server = PostgresServer::start(Durable::Yes).await;
    let site = loaded(&server).await;
    let workers = [site.worker(), site.worker()];
    site.until("some have run", SOME_RAN).await;
    server.stop_immediately().await;
    server.up().await;
    site.until_empty().await;
    for worker in workers {
        worker.stop().await;
    }
    site.assert_each_once(i64::from(TASKS)).await;
}

async fn loaded(server: &PostgresServer) -> Site {
    let site = Site::on(&server.url).await;
    site.enqueue_effects(0..TASKS, 1).await;
    site
}
