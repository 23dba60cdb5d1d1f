//! `GET /api/ws/`: news over a WebSocket.

use std::{borrow::Cow, sync::atomic::Ordering::Relaxed, time::Duration};

use futures::{SinkExt, StreamExt, stream::SplitSink};
use jobboard_shared::live::{self, Ticket};
use poem::{
    FromRequest, IntoResponse, Request, Response, handler,
    web::{
        Data,
        websocket::{CloseCode, Message, WebSocket, WebSocketConfig, WebSocketStream},
    },
};
use tokio::time::{Instant, sleep_until, timeout};

use super::{
    follower::{Follower, Look},
    frame::Frame,
    origin,
    ticket::after,
};
use crate::{
    App,
    operations::RoutePattern,
    problem::{Problem, Result},
};

/// Ten thousand connections wait most of the time: small buffers, which grow while
/// they are needed.
const READ_BYTES: usize = 1024;
const WRITE_BYTES: usize = 1024;
/// Clients have nothing to say but that they live.
const MESSAGE_BYTES: usize = 1024;
/// Heartbeats that a client may leave unanswered.
const SIGNS_MISSED: u32 = 2;
const GOODBYE: Duration = Duration::from_secs(1);

/// Why a connection ends, as its client is told.
#[derive(Clone, Copy)]
enum End {
    Shutdown,
    SessionEnded,
    /// It did not take what it was sent, or gave no sign of life.
    Slow,
    Spoke,
    /// It is closed already.
    Gone,
}

impl End {
    fn message(self) -> Option<Message> {
        let (code, reason) = match self {
            Self::Shutdown => (CloseCode::Away, "the server shuts down: connect again"),
            Self::SessionEnded => (CloseCode::from(4401), "the session has ended"),
            Self::Slow => (CloseCode::from(4408), "too slow: connect again"),
            Self::Spoke => (CloseCode::Unsupported, "nothing is to be sent here"),
            Self::Gone => return None,
        };
        Some(Message::Close(Some((code, reason.to_owned()))))
    }
}

#[handler]
pub(super) async fn open(app: Data<&App>, request: &Request) -> Result<Response> {
    origin::check(&app, request)?;
    let after = after(request)?;
    let socket = WebSocket::from_request_without_body(request)
        .await
        .map_err(|_| {
            Problem::malformed("this address speaks the WebSocket protocol, version 13")
        })?;
    let ticket = ticket(request)
        .ok_or_else(|| Problem::unauthorized("invalid_ticket", "a ticket is needed"))?;
    let mut conn = app.db.acquire().await?;
    let Some((user_id, session_id)) = live::db::take_ticket(&mut conn, ticket).await? else {
        return Err(Problem::unauthorized(
            "invalid_ticket",
            "the ticket is unknown, used or expired",
        ));
    };
    drop(conn);
    let follower = Follower::begin(&app.live, user_id, session_id, after).await?;
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BYTES)
        .write_buffer_size(WRITE_BYTES)
        .max_message_size(Some(MESSAGE_BYTES))
        .max_frame_size(Some(MESSAGE_BYTES));
    let connections = app.live.connections.clone();
    let mut response = socket
        .config(config)
        .on_upgrade(move |stream| connections.track_future(serve(stream, follower)))
        .into_response();
    response.set_data(RoutePattern("/api/ws".into()));
    Ok(response)
}

fn ticket(request: &Request) -> Option<Ticket> {
    let query = request.uri().query().unwrap_or_default();
    let mut fields = url::form_urlencoded::parse(query.as_bytes());
    let (_, text): (Cow<'_, str>, _) = fields.find(|(name, _)| name == "ticket")?;
    Ticket::parse(&text)
}

async fn serve(stream: WebSocketStream, mut follower: Follower) {
    let (sink, mut stream) = stream.split();
    let live = &follower.hub().config.live;
    let mut line = Line {
        sink,
        patience: live.patience,
    };
    let heartbeat = live.heartbeat;
    let end = follow(&mut line, &mut stream, &mut follower, heartbeat).await;
    if matches!(end, End::Slow) {
        follower.hub().counts.dropped.fetch_add(1, Relaxed);
    }
    if let Some(goodbye) = end.message() {
        let _ = timeout(GOODBYE, async {
            line.sink.send(goodbye).await?;
            // Its answer, so that the connection is closed and not torn.
            while let Some(Ok(message)) = stream.next().await {
                if message.is_close() {
                    break;
                }
            }
            Ok::<_, std::io::Error>(())
        })
        .await;
    }
}

async fn follow(
    line: &mut Line,
    stream: &mut futures::stream::SplitStream<WebSocketStream>,
    follower: &mut Follower,
    heartbeat: Duration,
) -> End {
    let closing = follower.hub().closing.clone();
    let hello = Frame::hello(follower.last(), heartbeat.as_secs());
    if let Err(end) = line.send(&[hello]).await {
        return end;
    }
    let mut unanswered = 0;
    let mut beat = Instant::now() + heartbeat;
    loop {
        tokio::select! {
            biased;
            () = closing.cancelled() => return End::Shutdown,
            message = stream.next() => match message {
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => unanswered = 0,
                Some(Ok(Message::Text(_) | Message::Binary(_))) => return End::Spoke,
                Some(Ok(Message::Close(_)) | Err(_)) | None => return End::Gone,
            },
            () = sleep_until(beat) => {
                if unanswered == SIGNS_MISSED {
                    return End::Slow;
                }
                if let Err(end) = line.ping().await {
                    return end;
                }
                unanswered += 1;
                beat = Instant::now() + heartbeat;
            }
            () = follower.hinted() => {
                if let Err(end) = bring(line, follower).await {
                    return end;
                }
            }
        }
    }
}

/// Sends what there is.
async fn bring(line: &mut Line, follower: &mut Follower) -> Result<(), End> {
    let closing = follower.hub().closing.clone();
    loop {
        let Look::Frames { frames, more } = follower.look().await else {
            return Err(End::SessionEnded);
        };
        line.send(&frames).await?;
        follower.sent(&frames).await;
        if !more {
            return Ok(());
        }
        if closing.is_cancelled() {
            return Err(End::Shutdown);
        }
    }
}

struct Line {
    sink: SplitSink<WebSocketStream, Message>,
    patience: Duration,
}

impl Line {
    async fn send(&mut self, frames: &[Frame]) -> Result<(), End> {
        let Self { sink, patience } = self;
        within(*patience, async {
            for frame in frames {
                sink.feed(Message::text(frame.to_message())).await?;
            }
            sink.flush().await
        })
        .await
    }

    async fn ping(&mut self) -> Result<(), End> {
        within(self.patience, self.sink.send(Message::ping(""))).await
    }
}

async fn within(
    patience: Duration,
    sending: impl Future<Output = std::io::Result<()>>,
) -> Result<(), End> {
    match timeout(patience, sending).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err(End::Gone),
        Err(_) => Err(End::Slow),
    }
}
