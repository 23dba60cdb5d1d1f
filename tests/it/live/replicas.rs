//! Several processes, with and without Redis.

use std::time::Duration;

use secrecy::SecretString;

use crate::{
    applications::Board,
    cached::replicas::Replica,
    notifications::tell,
    support::{RedisServer, Socket, TestApp, ids, until},
};

#[tokio::test]
async fn what_one_replica_changes_the_clients_of_another_hear() {
    let app = TestApp::start().await;
    let board = Board::new(&app).await;
    let freelancer = app.freelancer().await;
    let id = board.apply(&freelancer).await.expect(201).id();
    let replica = Replica::of(&app, |_| {}).await;
    let (mut socket, _) = Socket::open(&replica.at(&freelancer), None).await;
    board.set_status(id, "reviewing").await.expect(200);
    assert_eq!(ids(&socket.notifications(1).await), [1]);
    app.drain_tasks().await;
}

/// Neither listens to Postgres: there is a pooler in between.
async fn behind_a_pooler(redis: &RedisServer) -> (TestApp, Replica) {
    let url = redis.url();
    let app = TestApp::start_with(move |config| {
        config.database.direct_url = None;
        config.redis_url = Some(SecretString::from(url));
        config.redis_timeout = Duration::from_millis(500);
        config.metrics_addr = Some(([127, 0, 0, 1], 0).into());
    })
    .await;
    let replica = Replica::of(&app, |_| {}).await;
    (app, replica)
}

async fn hears(replica: &Replica) {
    until("Redis is heard", async || {
        replica.metrics.render().contains("jobboard_live_hearing 1")
    })
    .await;
}

#[tokio::test]
async fn redis_hints_where_postgres_cannot() {
    let redis = RedisServer::start().await;
    let (app, replica) = behind_a_pooler(&redis).await;
    let board = Board::new(&app).await;
    let freelancer = app.freelancer().await;
    let id = board.apply(&freelancer).await.expect(201).id();
    let (mut socket, _) = Socket::open(&replica.at(&freelancer), None).await;
    hears(&replica).await;
    // Nobody compares before the hint has come.
    let began = std::time::Instant::now();
    for (n, status) in ["reviewing", "shortlisted", "interviewing", "offered"]
        .into_iter()
        .enumerate()
    {
        board.set_status(id, status).await.expect(200);
        assert_eq!(ids(&socket.notifications(1).await), [n as i64 + 1]);
    }
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "{:?}",
        began.elapsed()
    );
    app.drain_tasks().await;
}

#[tokio::test]
async fn without_redis_and_without_listening_news_comes_a_little_later() {
    let mut redis = RedisServer::start().await;
    let (app, replica) = behind_a_pooler(&redis).await;
    let user = app.freelancer().await;
    let (mut socket, _) = Socket::open(&replica.at(&user), None).await;
    redis.kill().await;
    tell(&app, user.user_id, "line").await;
    assert_eq!(ids(&socket.notifications(1).await), [1]);
    // A Redis that is back is heard again.
    redis.start_again().await;
    hears(&replica).await;
    tell(&app, user.user_id, "another").await;
    assert_eq!(ids(&socket.notifications(1).await), [2]);
}

#[tokio::test]
async fn a_lost_listener_misses_nothing() {
    let app = TestApp::start().await;
    let user = app.freelancer().await;
    let (mut socket, _) = Socket::open(&user, None).await;
    tell(&app, user.user_id, "line").await;
    socket.notifications(1).await;
    let killed: i64 = sqlx::query_scalar(
        "select count(pg_terminate_backend(pid)) from pg_stat_activity
         where datname = current_database() and query ilike 'listen%'",
    )
    .fetch_one(&app.db)
    .await
    .unwrap();
    assert!(killed > 0, "nobody listens");
    tell(&app, user.user_id, "meanwhile").await;
    assert_eq!(ids(&socket.notifications(1).await), [2]);
}
