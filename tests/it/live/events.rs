//! Server-Sent Events.

use std::time::Duration;

use reqwest::{Method, header};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::{
    notifications::tell,
    support::{Client, TestApp},
};

/// An event stream being read.
struct Stream {
    response: reqwest::Response,
    text: String,
}

impl Stream {
    async fn open(client: &Client, last: Option<&str>) -> Self {
        let mut request = client
            .request(Method::GET, "/api/events/")
            .header(header::ACCEPT_ENCODING, "gzip");
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        let headers = response.headers();
        assert_eq!(headers["content-type"], "text/event-stream");
        assert!(!headers.contains_key("content-encoding"), "held back");
        Self {
            response,
            text: String::new(),
        }
    }

    /// The next block; none at the end.
    async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                return Some(block);
            }
            let chunk = timeout(Duration::from_secs(20), self.response.chunk()).await;
            let chunk = chunk.expect("something").ok()??;
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// Name, id and data of the next event.
    async fn event(&mut self) -> (String, Option<i64>, Value) {
        loop {
            let block = self.block().await.expect("an event");
            let field = |name: &str| {
                let line = block.lines().find_map(|line| line.strip_prefix(name));
                line.map(|text| text.trim().to_owned())
            };
            if let (Some(event), Some(data)) = (field("event:"), field("data:")) {
                let id = field("id:").map(|id| id.parse().unwrap());
                return (event, id, serde_json::from_str(&data).unwrap());
            }
        }
    }
}

#[tokio::test]
async fn the_same_news_comes_as_an_event_stream_and_goes_on_after_the_last() {
    let app = TestApp::start().await;
    let user = app.freelancer().await;
    app.anonymous().get("/api/events/").await.expect(401);
    let mut stream = Stream::open(&user, None).await;
    let (event, id, _) = stream.event().await;
    assert_eq!((event.as_str(), id), ("hello", Some(0)));
    tell(&app, user.user_id, "one\nline").await;
    let (event, id, data) = stream.event().await;
    assert_eq!((event.as_str(), id), ("notification", Some(1)));
    assert_eq!(data["title"], "one\nline");
    drop(stream);

    for n in 2..=120 {
        tell(&app, user.user_id, &format!("line {n}")).await;
    }
    let mut stream = Stream::open(&user, Some("1")).await;
    assert_eq!(stream.event().await.1, Some(1));
    for n in 2..=120 {
        assert_eq!(stream.event().await.1, Some(n));
    }
    user.get("/api/events/?last_event_id=x").await.expect(422);
    // Signing out ends it.
    user.post("/api/auth/logout/", json!({})).await.expect(204);
    assert_eq!(stream.block().await, None);
}

#[tokio::test]
async fn silence_is_broken_now_and_then_and_a_shutdown_ends_it() {
    let app = TestApp::start_with(|config| {
        config.live.heartbeat = Duration::from_millis(100);
    })
    .await;
    let user = app.freelancer().await;
    let mut stream = Stream::open(&user, None).await;
    stream.event().await;
    assert_eq!(stream.block().await.as_deref(), Some(":"));
    app.stop_serving();
    while stream.block().await.is_some() {}
}
