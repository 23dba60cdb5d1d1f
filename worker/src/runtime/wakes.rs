//! Telling fetchers that there is something to fetch.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jobboard_shared::queue::{CANCEL_CHANNEL, CHANNEL, LeaseKey, TaskId};
use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::PgListener;
use tokio::sync::Notify;

use super::leases::Leases;

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
        let mut listener = PgListener::connect(url.expose_secret()).await?;
        listener.listen_all([CHANNEL, CANCEL_CHANNEL]).await?;
        loop {
            // What came before the connection stood, or while it was lost, was
            // not heard.
            self.ring_all();
            while let Some(notification) = listener.try_recv().await? {
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

fn lease_key(payload: &str) -> Option<LeaseKey> {
    let (id, fence) = payload.split_once(' ')?;
    Some(LeaseKey {
        id: TaskId(id.parse().ok()?),
        fence: fence.parse().ok()?,
    })
}
