//! How connections end.

use std::time::Duration;

use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use crate::{
    notifications::tell,
    support::{PASSWORD, Socket, TestApp, ids, until},
};

#[tokio::test]
async fn signing_out_closes_the_connections_of_the_session_alone() {
    let app = TestApp::start().await;
    let user = app.freelancer().await;
    let other = app.login(&user.email).await;
    let (mut one, _) = Socket::open(&user, None).await;
    let (mut two, _) = Socket::open(&other, None).await;
    user.post("/api/auth/logout/", json!({})).await.expect(204);
    assert_eq!(one.closed().await, Some(4401));
    tell(&app, user.user_id, "line").await;
    assert_eq!(ids(&two.notifications(1).await), [1]);
    // And so does whatever else ends sessions.
    let body = json!({"current_password": PASSWORD, "password": "another horse battery staple"});
    let third = app.login(&user.email).await;
    third
        .post("/api/auth/password/change/", body)
        .await
        .expect(204);
    assert_eq!(two.closed().await, Some(4401));
    app.drain_tasks().await;
}

#[tokio::test]
async fn a_session_that_expires_closes_its_connections() {
    let app = TestApp::start_with(|config| {
        // Nobody tells of time: it is seen when all are compared, which is often
        // where no hints are heard.
        config.database.direct_url = None;
    })
    .await;
    let user = app.freelancer().await;
    let (mut socket, _) = Socket::open(&user, None).await;
    app.advance_time(app.config.auth.refresh_token_lifetime + Duration::from_secs(1))
        .await;
    assert_eq!(socket.closed().await, Some(4401));
}

#[tokio::test]
async fn a_deleted_account_has_no_connections() {
    let app = TestApp::start().await;
    let user = app.freelancer().await;
    let (mut socket, _) = Socket::open(&user, None).await;
    sqlx::query("delete from users where id = $1")
        .bind(user.user_id)
        .execute(&app.db)
        .await
        .unwrap();
    assert_eq!(socket.closed().await, Some(4401));
}

#[tokio::test]
async fn a_shutdown_says_goodbye() {
    let app = TestApp::start().await;
    let user = app.freelancer().await;
    let (mut socket, _) = Socket::open(&user, None).await;
    app.stop_serving();
    assert_eq!(socket.closed().await, Some(1001));
}

#[tokio::test]
async fn a_client_has_nothing_to_say() {
    let app = TestApp::start().await;
    let user = app.freelancer().await;
    let (mut socket, _) = Socket::open(&user, None).await;
    socket.send(Message::text("hello")).await;
    assert_eq!(socket.closed().await, Some(1003));
    let (mut socket, _) = Socket::open(&user, None).await;
    socket.send(Message::binary(vec![0; 100_000])).await;
    // Too large to be read at all.
    socket.closed().await;
}

#[tokio::test]
async fn a_silent_client_is_dropped_and_an_answering_one_is_not() {
    let app = TestApp::start_with(|config| {
        config.live.heartbeat = Duration::from_millis(200);
        config.metrics_addr = Some(([127, 0, 0, 1], 0).into());
    })
    .await;
    let user = app.freelancer().await;
    let (silent, _) = Socket::open(&user, None).await;
    let (mut answering, _) = Socket::open(&user, None).await;
    let dropped = async || {
        let text = app.metrics.render();
        text.contains("jobboard_live_dropped_total 1")
    };
    // Reading is what answers heartbeats: nobody reads from the silent one.
    let waiting = async {
        until("it is dropped", dropped).await;
        tell(&app, user.user_id, "line").await;
    };
    let (events, ()) = tokio::join!(answering.notifications(1), waiting);
    assert_eq!(ids(&events), [1]);
    drop(silent);
}

#[tokio::test]
async fn a_client_that_does_not_take_what_it_is_sent_is_dropped_and_resumes() {
    let app = TestApp::start_with(|config| {
        config.live.patience = Duration::from_millis(500);
        config.metrics_addr = Some(([127, 0, 0, 1], 0).into());
    })
    .await;
    let user = app.freelancer().await;
    let (slow, _) = Socket::open(&user, None).await;
    // More than the machine keeps on the way.
    const LINES: i64 = 6_000;
    sqlx::query(
        "insert into notifications (user_id, notification_type, title, message)
         select $1, 'system', 'line ' || n, repeat('x', 2000) from generate_series(1, $2) n",
    )
    .bind(user.user_id)
    .bind(LINES)
    .execute(&app.db)
    .await
    .unwrap();
    until("it is dropped", async || {
        app.metrics
            .render()
            .contains("jobboard_live_dropped_total 1")
    })
    .await;
    drop(slow);
    let (mut socket, _) = Socket::open(&user, Some(LINES - 30)).await;
    let events = socket.notifications(30).await;
    assert_eq!(ids(&events), (LINES - 29..=LINES).collect::<Vec<i64>>());
}
