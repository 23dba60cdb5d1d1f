//! A client of live connections.

use std::time::{Duration, Instant};

use futures::StreamExt;
use serde_json::Value;
use tokio::{net::TcpStream, task::JoinHandle, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async_with_config,
    tungstenite::{Message, protocol::WebSocketConfig},
};

use crate::Result;

const PATIENCE: Duration = Duration::from_secs(30);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

pub(super) enum Line {
    Read(Box<Socket>),
    /// Answers heartbeats and nothing else.
    Waiting(JoinHandle<()>),
}

impl Line {
    pub(super) async fn open(base: &str, ticket: &str) -> Result<Self> {
        Ok(Self::Read(Box::new(connect(base, ticket).await?)))
    }

    pub(super) async fn wait(base: &str, ticket: &str) -> Result<Self> {
        let mut socket = connect(base, ticket).await?;
        Ok(Self::Waiting(tokio::spawn(async move {
            while let Some(Ok(_)) = socket.next().await {}
        })))
    }

    pub(super) fn is_open(&self) -> bool {
        match self {
            Self::Read(_) => true,
            Self::Waiting(reading) => !reading.is_finished(),
        }
    }

    /// The next event and when it came.
    pub(super) async fn event(&mut self) -> Result<(Value, Instant)> {
        let Self::Read(socket) = self else {
            return Err("this one only waits".into());
        };
        loop {
            match timeout(PATIENCE, socket.next()).await? {
                Some(Ok(Message::Text(text))) => {
                    let came = Instant::now();
                    return Ok((serde_json::from_str(&text)?, came));
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => {
                    return Err("the connection was closed".into());
                }
                Some(Ok(_)) => {}
            }
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if let Self::Waiting(reading) = self {
            reading.abort();
        }
    }
}

async fn connect(base: &str, ticket: &str) -> Result<Socket> {
    let address = base.replace("http://", "ws://");
    // The measurement has as many of them as the server.
    let config = WebSocketConfig::default()
        .read_buffer_size(1024)
        .write_buffer_size(1024);
    let request = format!("{address}/api/ws/?ticket={ticket}");
    let connecting = connect_async_with_config(request, Some(config), true);
    Ok(timeout(PATIENCE, connecting).await??.0)
}
