//! Who may connect.

use std::time::Duration;

use futures::future::join_all;
use serde_json::json;

use crate::support::{Socket, TestApp, ticket, until};

#[tokio::test]
async fn a_ticket_opens_one_connection_within_seconds() {
    let app = TestApp::start().await;
    let user = app.freelancer().await;
    app.anonymous()
        .post("/api/ws/ticket/", json!({}))
        .await
        .expect(401);
    let open = async |query: &str| Socket::try_open(&user, query, None).await.map(drop);
    for query in [
        "",
        "?ticket=",
        "?ticket=abc",
        &format!("?ticket={}", user.token.as_ref().unwrap()),
    ] {
        assert_eq!(open(query).await.unwrap_err(), 401, "{query}");
    }
    let query = format!("?ticket={}", ticket(&user).await);
    let tries = join_all((0..5).map(|_| open(&query))).await;
    let opened = tries.iter().filter(|tried| tried.is_ok()).count();
    assert_eq!(opened, 1, "{tries:?}");

    let late = format!("?ticket={}", ticket(&user).await);
    app.advance_time(Duration::from_secs(31)).await;
    assert_eq!(open(&late).await.unwrap_err(), 401);
    let query = format!("?ticket={}&last_event_id=x", ticket(&user).await);
    assert_eq!(open(&query).await.unwrap_err(), 422);
}

#[tokio::test]
async fn a_ticket_dies_with_its_session() {
    let app = TestApp::start().await;
    let user = app.freelancer().await;
    let query = format!("?ticket={}", ticket(&user).await);
    user.post("/api/auth/logout/", json!({})).await.expect(204);
    let refused = Socket::try_open(&user, &query, None).await.map(drop);
    assert_eq!(refused.unwrap_err(), 401);
}

#[tokio::test]
async fn pages_of_elsewhere_are_refused() {
    let app = TestApp::start_with(|config| {
        config.http.cors_origins = vec!["https://app.example.org".to_owned()];
    })
    .await;
    let user = app.freelancer().await;
    let own = app.base.clone();
    let public = app.config.http.public_url.origin().ascii_serialization();
    for origin in [&*own, &*public, "https://app.example.org"] {
        let query = format!("?ticket={}", ticket(&user).await);
        let opened = Socket::try_open(&user, &query, Some(origin)).await;
        assert!(opened.is_ok(), "{origin}");
    }
    for origin in [
        "https://evil.example",
        "https://app.example.org.evil.example",
        "null",
        "",
    ] {
        let query = format!("?ticket={}", ticket(&user).await);
        let refused = Socket::try_open(&user, &query, Some(origin))
            .await
            .map(drop);
        assert_eq!(refused.unwrap_err(), 403, "{origin}");
    }
    let events = user.request(reqwest::Method::GET, "/api/events/");
    let answer = events.header("origin", "https://evil.example").send().await;
    assert_eq!(answer.unwrap().status(), 403);
}

#[tokio::test]
async fn an_account_has_so_many_connections_and_no_more() {
    let app = TestApp::start_with(|config| config.live.per_account = 2).await;
    let (user, other) = (app.freelancer().await, app.freelancer().await);
    let (first, _) = Socket::open(&user, None).await;
    let (_second, _) = Socket::open(&user, None).await;
    let query = format!("?ticket={}", ticket(&user).await);
    let refused = Socket::try_open(&user, &query, None).await.map(drop);
    assert_eq!(refused.unwrap_err(), 429);
    Socket::open(&other, None).await;
    first.tear();
    until("a torn connection no longer counts", async || {
        let query = format!("?ticket={}", ticket(&user).await);
        Socket::try_open(&user, &query, None).await.is_ok()
    })
    .await;
}
