//! The connection to Redis, for everything that can do without it.

use std::{
    io,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use futures::StreamExt;
use redis::{
    Client, RedisError,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
use secrecy::{ExposeSecret, SecretString};
use tracing::{info, warn};

use crate::{config::Config, metrics::Exposition};

/// How long nobody asks a Redis that did not answer.
const PAUSE: Duration = Duration::from_secs(1);
const SUBSCRIBE_LIMIT: Duration = Duration::from_secs(5);

pub struct RedisConnection {
    client: Client,
    /// What a request waits for Redis at most.
    answer_within: Duration,
    /// Made with the first request: it needs a runtime.
    connection: tokio::sync::OnceCell<ConnectionManager>,
    lost: AtomicBool,
    /// While Redis is lost: when it is asked again, by one request.
    again: Mutex<Instant>,
    outages: AtomicU64,
}

impl RedisConnection {
    /// That of the configuration, if it names one that can be used. Does not connect
    /// yet.
    pub fn configured(config: &Config) -> Option<Self> {
        let url = config.redis_url.as_ref()?;
        Self::new(url, config.redis_timeout)
            .inspect_err(|error| tracing::error!(%error, "REDIS_URL cannot be used"))
            .ok()
    }

    fn new(url: &SecretString, answer_within: Duration) -> Result<Self, RedisError> {
        Ok(Self {
            client: Client::open(url.expose_secret())?,
            answer_within,
            connection: tokio::sync::OnceCell::new(),
            lost: AtomicBool::new(false),
            again: Mutex::new(Instant::now()),
            outages: AtomicU64::new(0),
        })
    }

    /// What Redis answers; `None` while it does not.
    pub async fn ask<T, F>(&self, question: impl FnOnce(ConnectionManager) -> F) -> Option<T>
    where
        F: Future<Output = Result<T, RedisError>>,
    {
        if !self.may_ask() {
            return None;
        }
        let answer = tokio::time::timeout(self.answer_within, async {
            let connection = self.connection().await?;
            question(connection).await
        });
        match answer.await {
            Ok(Ok(answer)) => {
                self.found();
                Some(answer)
            }
            Ok(Err(error)) => self.lose(&error),
            Err(elapsed) => self.lose(&elapsed),
        }
    }

    /// Whether it answers now, whatever it did before.
    pub async fn ping(&self) -> bool {
        let answer = tokio::time::timeout(self.answer_within, async {
            let mut connection = self.connection().await?;
            redis::cmd("PING")
                .query_async::<String>(&mut connection)
                .await
        });
        matches!(answer.await, Ok(Ok(_)))
    }

    /// Hears messages of a channel, on a connection of its own, until that is lost.
    pub async fn subscribe(
        &self,
        channel: &str,
        connected: impl FnOnce(),
        heard: impl Fn(&str),
    ) -> Result<(), RedisError> {
        let subscribing = async {
            let mut subscription = self.client.get_async_pubsub().await?;
            subscription.subscribe(channel).await?;
            Ok::<_, RedisError>(subscription)
        };
        let subscription = tokio::time::timeout(SUBSCRIBE_LIMIT, subscribing)
            .await
            .map_err(|_| RedisError::from(io::Error::from(io::ErrorKind::TimedOut)))??;
        connected();
        let mut messages = subscription.into_on_message();
        while let Some(message) = messages.next().await {
            if let Ok(text) = message.get_payload::<String>() {
                heard(&text);
            }
        }
        Ok(())
    }

    pub fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }

    pub fn expose(&self, out: &mut Exposition) {
        out.gauge(
            "jobboard_redis_up",
            "1 while Redis answers; 0 while this process does without.",
            &[],
            if self.is_lost() { 0.0 } else { 1.0 },
        );
        out.counter(
            "jobboard_redis_outages_total",
            "How often Redis ceased to answer.",
            &[],
            self.outages.load(Ordering::Relaxed),
        );
    }

    async fn connection(&self) -> Result<ConnectionManager, RedisError> {
        let connection = self
            .connection
            .get_or_try_init(async || {
                let config = ConnectionManagerConfig::new()
                    .set_connection_timeout(Some(self.answer_within))
                    .set_response_timeout(Some(self.answer_within))
                    .set_number_of_retries(0);
                ConnectionManager::new_lazy_with_config(self.client.clone(), config)
            })
            .await?;
        Ok(connection.clone())
    }

    /// While Redis is lost one request in each pause finds out whether it is back.
    fn may_ask(&self) -> bool {
        if !self.is_lost() {
            return true;
        }
        let mut again = self.again.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let may = now >= *again;
        if may {
            *again = now + PAUSE;
        }
        may
    }

    fn found(&self) {
        if self.is_lost() && self.lost.swap(false, Ordering::Relaxed) {
            info!("Redis answers again: limits and answers are shared");
        }
    }

    fn lose<T>(&self, error: &impl std::fmt::Display) -> Option<T> {
        *self.again.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now() + PAUSE;
        if !self.lost.swap(true, Ordering::Relaxed) {
            self.outages.fetch_add(1, Ordering::Relaxed);
            warn!(%error, "Redis does not answer: this process does without");
        }
        None
    }
}
