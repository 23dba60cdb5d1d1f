//! `GET /api/events/`: the same news as Server-Sent Events.

use std::{collections::VecDeque, time::Duration};

use bytes::Bytes;
use futures::stream;
use poem::{Body, Request, Response, handler, http::header, web::Data};
use tokio::time::timeout;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::{
    follower::{Follower, Look},
    frame::Frame,
    origin,
    ticket::after,
};
use crate::{
    App,
    auth::viewer,
    operations::RoutePattern,
    problem::{Problem, Result},
};

/// What clients wait before they connect again, give or take.
const RETRY: &str = "retry: 3000\n\n";

#[handler]
pub(super) async fn open(app: Data<&App>, request: &Request) -> Result<Response> {
    origin::check(&app, request)?;
    let after = after(request)?;
    let user = viewer(request)
        .await?
        .ok_or_else(|| Problem::unauthorized("credentials_required", "sign in first"))?;
    let follower = Follower::begin(&app.live, user.user_id, user.session_id, after).await?;
    let heartbeat = app.config.live.heartbeat;
    let hello = Frame::hello(follower.last(), heartbeat.as_secs()).to_event();
    let events = Events {
        _place: app.live.connections.token(),
        follower,
        heartbeat,
        ready: VecDeque::from([Bytes::from(format!("{RETRY}{hello}"))]),
        taken: Vec::new(),
    };
    let stream = stream::unfold(events, async |mut events| {
        let next = events.next().await?;
        Some((Ok::<_, std::io::Error>(next), events))
    });
    let mut response = Response::builder()
        .content_type("text/event-stream")
        // Proxies that gather answers are asked not to.
        .header("x-accel-buffering", "no")
        .header(header::CACHE_CONTROL, "no-store")
        .body(Body::from_bytes_stream(Box::pin(stream)));
    response.set_data(RoutePattern("/api/events".into()));
    Ok(response)
}

struct Events {
    follower: Follower,
    heartbeat: Duration,
    ready: VecDeque<Bytes>,
    /// What `ready` was made of: noted as sent when the server asks for more.
    taken: Vec<Frame>,
    /// A shutdown waits for it.
    _place: TaskTrackerToken,
}

impl Events {
    /// The next piece; none at the end.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(ready) = self.ready.pop_front() {
                return Some(ready);
            }
            let taken = std::mem::take(&mut self.taken);
            if !taken.is_empty() {
                self.follower.sent(&taken).await;
            }
            let closing = self.follower.hub().closing.clone();
            tokio::select! {
                biased;
                () = closing.cancelled() => return None,
                hinted = timeout(self.heartbeat, self.follower.hinted()) => {
                    if hinted.is_err() {
                        // A comment, so that nobody takes silence for an end.
                        return Some(Bytes::from_static(b":\n\n"));
                    }
                }
            }
            // More than fits into one look is looked for as if it were hinted at.
            let Look::Frames { frames, more } = self.follower.look().await else {
                return None;
            };
            self.ready = frames.iter().map(|frame| frame.to_event().into()).collect();
            self.taken = frames;
            if more {
                self.follower.again();
            }
        }
    }
}
