//! Who is connected to this process, and who of them is to look for news.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use jobboard_shared::{
    config::Config, live::hints, metrics::Exposition, redis_connection::RedisConnection,
};
use poem::http::StatusCode;
use sqlx::PgPool;
use tokio::sync::{Notify, Semaphore};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

use super::hearing::{self, Heard};
use crate::problem::Problem;

/// Connections to the database that looking for news may take at a time: the rest
/// is for requests.
const LOOKERS: usize = 4;
/// What connections get to say goodbye at shutdown.
const GOODBYE: Duration = Duration::from_secs(5);

/// Knows the connections of one process. One for all: it hears hints on one
/// connection to Postgres and one to Redis, and compares all with the database now
/// and then, for hints get lost.
pub(crate) struct Hub {
    pub(super) db: PgPool,
    pub(super) config: Arc<Config>,
    pub(super) redis: Option<Arc<RedisConnection>>,
    pub(super) heard: Heard,
    /// Who may look at the database now.
    pub(super) lookers: Semaphore,
    /// Ends every connection.
    pub(super) closing: CancellationToken,
    pub(super) connections: TaskTracker,
    pub(super) counts: Counts,
    members: Mutex<HashMap<Uuid, Vec<Arc<Member>>>>,
    hearing: OnceLock<()>,
}

#[derive(Default)]
pub(super) struct Counts {
    pub(super) open: AtomicUsize,
    pub(super) sent: AtomicU64,
    /// Clients that did not take what they were sent, or were silent.
    pub(super) dropped: AtomicU64,
}

/// One connection.
pub(super) struct Member {
    pub(super) user_id: Uuid,
    pub(super) session_id: Uuid,
    /// There may be news.
    pub(super) wake: Notify,
    /// The number of the newest notification that it was sent.
    pub(super) seen: AtomicI64,
}

impl Hub {
    pub(crate) fn new(
        db: PgPool,
        config: Arc<Config>,
        redis: Option<Arc<RedisConnection>>,
    ) -> Self {
        Self {
            db,
            config,
            redis,
            heard: Heard::default(),
            lookers: Semaphore::new(LOOKERS),
            closing: CancellationToken::new(),
            connections: TaskTracker::new(),
            counts: Counts::default(),
            members: Mutex::default(),
            hearing: OnceLock::new(),
        }
    }

    /// Counts a connection in; its news is hinted at until it is dropped.
    pub(super) fn join(
        self: &Arc<Self>,
        user_id: Uuid,
        session_id: Uuid,
    ) -> Result<Membership, Problem> {
        self.hearing
            .get_or_init(|| hearing::start(Arc::clone(self)));
        let member = Arc::new(Member {
            user_id,
            session_id,
            wake: Notify::new(),
            seen: AtomicI64::new(0),
        });
        let mut members = self.members.lock().unwrap_or_else(PoisonError::into_inner);
        let own = members.entry(user_id).or_default();
        let most = self.config.live.per_account;
        if own.len() >= most {
            return Err(Problem::new(
                StatusCode::TOO_MANY_REQUESTS,
                "too_many_connections",
                format!("at most {most} live connections of an account"),
            ));
        }
        own.push(Arc::clone(&member));
        own.shrink_to_fit();
        self.counts.open.fetch_add(1, Relaxed);
        Ok(Membership {
            hub: Arc::clone(self),
            member,
        })
    }

    /// Has the connections of an account look.
    pub(super) fn hint(&self, user_id: Uuid) {
        let members = self.members.lock().unwrap_or_else(PoisonError::into_inner);
        for member in members.get(&user_id).into_iter().flatten() {
            member.wake.notify_one();
        }
    }

    /// Has the connections of these accounts look, here and in the other processes.
    pub(crate) async fn tell(&self, user_ids: &[Uuid]) {
        for user_id in user_ids {
            self.hint(*user_id);
        }
        if let Some(redis) = &self.redis {
            hints::publish(redis, user_ids).await;
        }
    }

    pub(super) fn all(&self) -> Vec<Arc<Member>> {
        let members = self.members.lock().unwrap_or_else(PoisonError::into_inner);
        members.values().flatten().cloned().collect()
    }

    /// Ends every connection with a goodbye, and waits for that.
    pub(crate) async fn close(&self) {
        self.closing.cancel();
        self.connections.close();
        let _ = tokio::time::timeout(GOODBYE, self.connections.wait()).await;
    }

    pub(crate) fn expose(&self, out: &mut Exposition) {
        out.gauge(
            "jobboard_live_connections",
            "Open live connections.",
            &[],
            self.counts.open.load(Relaxed) as f64,
        );
        out.counter(
            "jobboard_live_events_total",
            "Notifications that were sent on live connections.",
            &[],
            self.counts.sent.load(Relaxed),
        );
        out.counter(
            "jobboard_live_dropped_total",
            "Live connections that were closed because their client was slow or silent.",
            &[],
            self.counts.dropped.load(Relaxed),
        );
        out.gauge(
            "jobboard_live_hearing",
            "1 while hints at news are heard; 0 while the process looks every two seconds.",
            &[],
            f64::from(u8::from(self.heard.any())),
        );
    }
}

/// A connection's place among the others.
pub(super) struct Membership {
    pub(super) hub: Arc<Hub>,
    pub(super) member: Arc<Member>,
}

impl Drop for Membership {
    fn drop(&mut self) {
        self.hub.counts.open.fetch_sub(1, Relaxed);
        let members = &self.hub.members;
        let mut members = members.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = members.get_mut(&self.member.user_id) {
            own.retain(|member| !Arc::ptr_eq(member, &self.member));
            if own.is_empty() {
                members.remove(&self.member.user_id);
            }
        }
    }
}
