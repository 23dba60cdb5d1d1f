//! Live connections as clients have them.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{
        Error, Message,
        client::IntoClientRequest,
        handshake::client::Response,
        http::{HeaderValue, StatusCode},
    },
};

use super::Client;

/// However busy the machine is that tests run on.
const PATIENCE: Duration = Duration::from_secs(20);

/// A WebSocket of an account.
pub(crate) struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Socket {
    /// Connects with a new ticket and reads the greeting.
    pub(crate) async fn open(client: &Client, after: Option<i64>) -> (Self, Value) {
        let ticket = ticket(client).await;
        let after = after.map_or(String::new(), |id| format!("&last_event_id={id}"));
        let query = format!("?ticket={ticket}{after}");
        let mut socket = Self::try_open(client, &query, None)
            .await
            .expect("a socket");
        let hello = socket.event().await;
        assert_eq!(hello["event"], "hello", "{hello}");
        (socket, hello)
    }

    /// With this query and the page's origin; the status of a refusal.
    pub(crate) async fn try_open(
        client: &Client,
        query: &str,
        origin: Option<&str>,
    ) -> Result<Self, StatusCode> {
        let address = client.base.replace("http://", "ws://");
        let mut request = format!("{address}/api/ws/{query}")
            .into_client_request()
            .expect("a request");
        if let Some(origin) = origin {
            let origin = HeaderValue::from_str(origin).expect("an origin");
            request.headers_mut().insert("origin", origin);
        }
        let connecting = timeout(PATIENCE, connect_async(request));
        match connecting.await.expect("an answer") {
            Ok((stream, Response { .. })) => Ok(Self { stream }),
            Err(Error::Http(response)) => Err(response.status()),
            Err(error) => panic!("no socket: {error}"),
        }
    }

    /// The next event; heartbeats are answered meanwhile.
    pub(crate) async fn event(&mut self) -> Value {
        match self.message().await {
            Some(Message::Text(text)) => serde_json::from_str(&text).expect("JSON"),
            other => panic!("an event, not {other:?}"),
        }
    }

    /// So many notifications.
    pub(crate) async fn notifications(&mut self, number: usize) -> Vec<Value> {
        let mut found = Vec::new();
        while found.len() < number {
            let event = self.event().await;
            if event["event"] == "notification" {
                found.push(event);
            }
        }
        found
    }

    /// The code with which the server closes, whatever comes before.
    pub(crate) async fn closed(&mut self) -> Option<u16> {
        loop {
            match self.message().await {
                Some(Message::Close(frame)) => return frame.map(|frame| frame.code.into()),
                Some(_) => {}
                None => return None,
            }
        }
    }

    pub(crate) async fn send(&mut self, message: Message) {
        self.stream.send(message).await.expect("send");
    }

    async fn message(&mut self) -> Option<Message> {
        loop {
            let next = timeout(PATIENCE, self.stream.next()).await;
            match next.expect("something from the server")? {
                Ok(Message::Ping(_) | Message::Pong(_)) => {}
                Ok(message) => return Some(message),
                Err(_) => return None,
            }
        }
    }

    /// Tears the connection without a word.
    pub(crate) fn tear(self) {
        drop(self);
    }
}

pub(crate) async fn ticket(client: &Client) -> String {
    let answer = client.post("/api/ws/ticket/", json!({})).await.expect(201);
    answer.json["ticket"].as_str().expect("a ticket").to_owned()
}

/// The ids of events.
pub(crate) fn ids(events: &[Value]) -> Vec<i64> {
    events
        .iter()
        .map(|event| event["id"].as_i64().expect("an id"))
        .collect()
}
