//! Telling fetchers that there is something to fetch.

use std::{collections::BTreeMap, io, sync::Arc, time::Duration};

use jobboard_shared::queue::{CANCEL_CHANNEL, CHANNEL, LeaseKey, TaskId};
use secrecy::{ExposeSecret, SecretString};
use sqlx::{
    Executor,
    postgres::{PgListener, PgNotification},
};
use tokio::sync::Notify;

use super::leases::Leases;

/// After which the connection is asked whether it is there.
const LONGEST_SILENCE: Duration = Duration::from_secs(10);
const ANSWER_LIMIT: Duration = Duration::from_secs(5);
const RECONNECT: Duration = Duration::from_secs(5);

/// One bell per queue, heard by its fetcher alone: a ring while nobody listens
/// is kept.
#[derive(Clone, Debug)]
pub(crate) struct Wakes {
    bells: Arc<BTreeMap<String, Arc<Notify>>>,
}

impl Wakes {
    pub(crate) fn new<'a>(queues: impl Iterator<Item = &'a String>) -> Self {
        let bells = queues
            .map(|queue| (queue.clone(), Arc::default()))
            .collect();
        Self {
            bells: Arc::new(bells),
        }
    }

    pub(crate) fn of(&self, queue: &str) -> Arc<Notify> {
        self.bells.get(queue).map(Arc::clone).unwrap_or_default()
    }

    fn ring_all(&self) {
        for bell in self.bells.values() {
            bell.notify_one();
        }
    }

    /// Rings for every committed enqueue and passes on what is to be cancelled.
    /// Never ends; polling and the heartbeat cover the time without a connection.
    pub(crate) async fn listen(&self, url: &SecretString, leases: &Leases) {
        loop {
            if let Err(error) = self.listen_once(url, leases).await {
                tracing::warn!(%error, "no notifications from the database, polling only");
            }
            tokio::time::sleep(RECONNECT).await;
        }
    }

    async fn listen_once(&self, url: &SecretString, leases: &Leases) -> Result<(), sqlx::Error> {
        let mut listener = in_time(PgListener::connect(url.expose_secret())).await?;
        in_time(listener.listen_all([CHANNEL, CANCEL_CHANNEL])).await?;
        loop {
            // What came before the connection stood, or while it was lost, was
            // not heard.
            self.ring_all();
            while let Some(notification) = next(&mut listener).await? {
                let payload = notification.payload();
                if notification.channel() == CANCEL_CHANNEL {
                    if let Some(key) = lease_key(payload) {
                        leases.cancel(key);
                    }
                } else if let Some(bell) = self.bells.get(payload) {
                    bell.notify_one();
                }
            }
        }
    }
}

/// The next notification, nothing where the connection was lost and made anew, an
/// error where it does not answer: silence alone does not tell.
async fn next(listener: &mut PgListener) -> Result<Option<PgNotification>, sqlx::Error> {
    loop {
        match tokio::time::timeout(LONGEST_SILENCE, listener.try_recv()).await {
            Ok(received) => return received,
            Err(_) => in_time(listener.execute("select")).await?,
        };
    }
}

async fn in_time<T>(work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    tokio::time::timeout(ANSWER_LIMIT, work)
        .await
        .unwrap_or_else(|_| Err(sqlx::Error::Io(io::ErrorKind::TimedOut.into())))
}

fn lease_key(payload: &str) -> Option<LeaseKey> {
    let (id, fence) = payload.split_once(' ')?;
    Some(LeaseKey {
        id: TaskId(id.parse().ok()?),
        fence: fence.parse().ok()?,
    })
}
