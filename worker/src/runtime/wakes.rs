//! Telling fetchers that there is something to fetch.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jobboard_shared::queue::CHANNEL;
use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::PgListener;
use tokio::sync::Notify;

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

    /// Rings for every committed enqueue. Never ends; polling covers the time
    /// without a connection.
    pub(crate) async fn listen(&self, url: &SecretString) {
        loop {
            if let Err(error) = self.listen_once(url).await {
                tracing::warn!(%error, "no notifications from the database, polling only");
            }
            tokio::time::sleep(RECONNECT).await;
        }
    }

    async fn listen_once(&self, url: &SecretString) -> Result<(), sqlx::Error> {
        let mut listener = PgListener::connect(url.expose_secret()).await?;
        listener.listen(CHANNEL).await?;
        loop {
            // What came before the connection stood, or while it was lost, was
            // not heard.
            self.ring_all();
            while let Some(notification) = listener.try_recv().await? {
                if let Some(bell) = self.bells.get(notification.payload()) {
                    bell.notify_one();
                }
            }
        }
    }
}
