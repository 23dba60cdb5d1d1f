//! Hearing hints: one task for each way by which they come, for the whole process,
//! and one that compares what was sent with what there is.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use jobboard_shared::live::{db, hints};
use tokio::{
    sync::Notify,
    time::{sleep, timeout},
};
use tracing::{info, warn};

use super::hub::Hub;

const RECONNECT: Duration = Duration::from_secs(1);
/// How late news is at most whose hint was lost.
const COMPARE: Duration = Duration::from_secs(15);
/// And where no hints are heard at all.
const COMPARE_DEAF: Duration = Duration::from_secs(2);
const SESSIONS_AT_ONCE: usize = 1_000;

/// By which ways hints are heard now.
#[derive(Default)]
pub(super) struct Heard {
    postgres: AtomicBool,
    redis: AtomicBool,
    /// Something may have been missed.
    missed: Notify,
}

impl Heard {
    pub(super) fn any(&self) -> bool {
        self.postgres.load(Relaxed) || self.redis.load(Relaxed)
    }
}

/// Hears until the hub closes.
pub(super) fn start(hub: Arc<Hub>) {
    let closing = hub.closing.clone();
    tokio::spawn(
        closing
            .clone()
            .run_until_cancelled_owned(listen(Arc::clone(&hub))),
    );
    tokio::spawn(
        closing
            .clone()
            .run_until_cancelled_owned(subscribe(Arc::clone(&hub))),
    );
    tokio::spawn(closing.run_until_cancelled_owned(compare(hub)));
}

async fn listen(hub: Arc<Hub>) {
    let Some(url) = &hub.config.database.direct_url else {
        return;
    };
    let heard = &hub.heard;
    loop {
        let connected = || connected("Postgres", &heard.postgres, heard);
        let lost = hints::listen(url, connected, |user_id| hub.hint(user_id)).await;
        if heard.postgres.swap(false, Relaxed) {
            warn!(error = ?lost.err(), "hints of Postgres are not heard: looking now and then");
        }
        sleep(RECONNECT).await;
    }
}

async fn subscribe(hub: Arc<Hub>) {
    let Some(redis) = &hub.redis else {
        return;
    };
    let heard = &hub.heard;
    loop {
        let connected = || connected("Redis", &heard.redis, heard);
        let lost = hints::subscribe(redis, connected, |user_id| hub.hint(user_id)).await;
        if heard.redis.swap(false, Relaxed) {
            warn!(error = ?lost.err(), "hints of Redis are not heard: doing without");
        }
        sleep(RECONNECT).await;
    }
}

fn connected(whose: &str, flag: &AtomicBool, heard: &Heard) {
    info!(whose, "hints at news are heard");
    flag.store(true, Relaxed);
    // Of what was told before, nothing was heard.
    heard.missed.notify_one();
}

/// Compares now and then, and at once when something may have been missed: has those
/// look whom it concerns.
async fn compare(hub: Arc<Hub>) {
    let mut is_news = true;
    loop {
        let rhythm = if hub.heard.any() {
            COMPARE
        } else {
            COMPARE_DEAF
        };
        let _ = timeout(rhythm, hub.heard.missed.notified()).await;
        match compare_once(&hub).await {
            Ok(()) => is_news = true,
            Err(error) if is_news => {
                warn!(%error, "cannot look for news of connected clients");
                is_news = false;
            }
            Err(_) => {}
        }
    }
}

async fn compare_once(hub: &Hub) -> jobboard_shared::Result<()> {
    for members in hub.all().chunks(SESSIONS_AT_ONCE) {
        let sessions: Vec<_> = members.iter().map(|member| member.session_id).collect();
        let mut conn = hub.db.acquire().await?;
        let standings: HashMap<_, _> = db::standings(&mut conn, &sessions)
            .await?
            .into_iter()
            .collect();
        drop(conn);
        for member in members {
            // Absent: the session has ended.
            let is_current = standings
                .get(&member.session_id)
                .is_some_and(|last| *last <= member.seen.load(Relaxed));
            if !is_current {
                member.wake.notify_one();
            }
        }
    }
    Ok(())
}
