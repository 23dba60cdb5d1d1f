//! What one connection has been sent and what comes next, whatever carries it.

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use jobboard_shared::{
    Result,
    live::{self, Standing},
    notifications::db::centre,
};
use tokio::time::sleep;
use uuid::Uuid;

use super::{
    frame::Frame,
    hub::{Hub, Membership},
};
use crate::problem::Problem;

/// Notifications that are in memory for a connection at most.
const AT_ONCE: i64 = 50;
const IMPORTS: i64 = 5;
/// How long a connection waits that could not look.
const PAUSE: Duration = Duration::from_secs(2);

/// What a look brought.
pub(super) enum Look {
    /// Maybe nothing; with `more` there is more at once.
    Frames { frames: Vec<Frame>, more: bool },
    /// The session is over.
    Ended,
}

/// Reads an account's news in order. What was not sent stands in the database and
/// not in memory, so that a slow client costs no more than a quick one.
pub(super) struct Follower {
    membership: Membership,
    last: i64,
    /// Running imports and how far they were said to be.
    imports: Vec<(Uuid, i32)>,
}

impl Follower {
    /// Follows on after the number that the client names, or from now on.
    pub(super) async fn begin(
        hub: &Arc<Hub>,
        user_id: Uuid,
        session_id: Uuid,
        after: Option<i64>,
    ) -> Result<Self, Problem> {
        // Joined first: what comes after the look is hinted at.
        let membership = hub.join(user_id, session_id)?;
        let mut conn = hub.db.acquire().await?;
        let standing = live::db::standing(&mut conn, user_id, session_id).await?;
        if !standing.is_alive {
            return Err(Problem::unauthorized(
                "session_ended",
                "the session has ended: sign in again",
            ));
        }
        let newest = standing.last_number;
        // What is named and was never given is not waited for.
        let last = after.map_or(newest, |after| after.clamp(0, newest));
        membership.member.seen.store(last, Relaxed);
        membership.member.wake.notify_one();
        Ok(Self {
            membership,
            last,
            imports: Vec::new(),
        })
    }

    pub(super) fn hub(&self) -> &Arc<Hub> {
        &self.membership.hub
    }

    /// The number after which it goes on.
    pub(super) fn last(&self) -> i64 {
        self.last
    }

    /// Returns when there may be news. Dropped, it loses no hint.
    pub(super) async fn hinted(&self) {
        self.membership.member.wake.notified().await;
    }

    /// Has [`Self::hinted`] return at once.
    pub(super) fn again(&self) {
        self.membership.member.wake.notify_one();
    }

    /// What there is to be sent. Where the database cannot be asked, it is asked again
    /// after a pause.
    pub(super) async fn look(&mut self) -> Look {
        // Its state is large and seldom needed: not in the connection's own.
        match Box::pin(self.ask()).await {
            Ok(look) => look,
            Err(error) => {
                tracing::debug!(%error, "a live connection could not look for news");
                sleep(PAUSE).await;
                self.again();
                Look::Frames {
                    frames: Vec::new(),
                    more: false,
                }
            }
        }
    }

    async fn ask(&mut self) -> Result<Look> {
        let Membership { hub, member } = &self.membership;
        let Ok(_permit) = hub.lookers.acquire().await else {
            return Ok(Look::Ended);
        };
        let user_id = member.user_id;
        let mut conn = hub.db.acquire().await?;
        let Standing {
            is_alive,
            last_number,
        } = live::db::standing(&mut conn, user_id, member.session_id).await?;
        if !is_alive {
            return Ok(Look::Ended);
        }
        let mut frames = Vec::new();
        let mut more = false;
        if last_number > self.last {
            let news = centre::list_after(&mut conn, user_id, self.last, AT_ONCE).await?;
            more = news.len() as i64 == AT_ONCE;
            // Where the newest were deleted there is nothing to send.
            self.last = match news.last() {
                Some(newest) if more => newest.number,
                _ => last_number.max(news.last().map_or(0, |newest| newest.number)),
            };
            frames.extend(news.into_iter().map(Frame::notification));
        }
        let running = live::db::running_imports(&mut conn, user_id, IMPORTS).await?;
        let known = std::mem::take(&mut self.imports);
        for import in running {
            let at = (import.id, import.rows_done);
            if !known.contains(&at) {
                frames.push(Frame::import(&import));
            }
            self.imports.push(at);
        }
        Ok(Look::Frames { frames, more })
    }

    /// Notes that these have been taken by the client.
    pub(super) async fn sent(&self, frames: &[Frame]) {
        let Membership { hub, member } = &self.membership;
        member.seen.store(self.last, Relaxed);
        let ids: Vec<Uuid> = frames
            .iter()
            .filter_map(|frame| frame.notification)
            .collect();
        if ids.is_empty() {
            return;
        }
        hub.counts.sent.fetch_add(ids.len() as u64, Relaxed);
        let noting = Box::pin(async {
            let _permit = hub.lookers.acquire().await;
            let mut conn = hub.db.acquire().await?;
            centre::mark_sent(&mut conn, member.user_id, &ids).await
        });
        if let Err(error) = noting.await {
            tracing::warn!(user_id = %member.user_id, %error, "cannot note what was sent");
        }
    }
}
