//! Buckets in Redis, shared by all replicas.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use redis::{
    Client, RedisError, Script,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
use secrecy::{ExposeSecret, SecretString};
use tracing::{info, warn};

use super::{
    BucketKey,
    quota::{Quota, Taken},
};

/// How long nobody asks a Redis that did not answer.
const PAUSE: Duration = Duration::from_secs(1);

pub(super) struct RedisBuckets {
    client: Client,
    /// What a request waits for Redis at most.
    answer_within: Duration,
    /// Made with the first request: it needs a runtime.
    connection: tokio::sync::OnceCell<ConnectionManager>,
    script: Script,
    lost: AtomicBool,
    /// While Redis is lost: when it is asked again, by one request.
    again: Mutex<Instant>,
    outages: AtomicU64,
}

impl RedisBuckets {
    /// Does not connect yet. Fails if the address is not one of a Redis.
    pub(super) fn new(url: &SecretString, answer_within: Duration) -> Result<Self, RedisError> {
        Ok(Self {
            client: Client::open(url.expose_secret())?,
            answer_within,
            connection: tokio::sync::OnceCell::new(),
            script: Script::new(include_str!("bucket.lua")),
            lost: AtomicBool::new(false),
            again: Mutex::new(Instant::now()),
            outages: AtomicU64::new(0),
        })
    }

    /// `None` while Redis does not answer.
    pub(super) async fn take(&self, key: &BucketKey, quota: Quota) -> Option<Taken> {
        if !self.may_ask() {
            return None;
        }
        let answer = tokio::time::timeout(self.answer_within, self.ask(key, quota)).await;
        match answer {
            Ok(Ok((allowed, missing))) => {
                self.found();
                Some(Taken {
                    quota,
                    allowed,
                    missing,
                })
            }
            Ok(Err(error)) => self.lose(&error),
            Err(elapsed) => self.lose(&elapsed),
        }
    }

    pub(super) fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }

    pub(super) fn outages(&self) -> u64 {
        self.outages.load(Ordering::Relaxed)
    }

    async fn ask(&self, key: &BucketKey, quota: Quota) -> Result<(bool, i64), RedisError> {
        let mut connection = self
            .connection
            .get_or_try_init(async || {
                let config = ConnectionManagerConfig::new()
                    .set_connection_timeout(Some(self.answer_within))
                    .set_response_timeout(Some(self.answer_within))
                    .set_number_of_retries(0);
                ConnectionManager::new_lazy_with_config(self.client.clone(), config)
            })
            .await?
            .clone();
        let mut name = b"jobboard:limit:".to_vec();
        name.extend(key);
        self.script
            .key(name)
            .arg(quota.whole())
            .arg(quota.token())
            .invoke_async(&mut connection)
            .await
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
            info!("Redis answers again: rate limits are shared");
        }
    }

    fn lose(&self, error: &impl std::fmt::Display) -> Option<Taken> {
        *self.again.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now() + PAUSE;
        if !self.lost.swap(true, Ordering::Relaxed) {
            self.outages.fetch_add(1, Ordering::Relaxed);
            warn!(
                %error,
                "Redis does not answer: this process limits by its own count"
            );
        }
        None
    }
}
