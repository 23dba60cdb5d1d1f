//! How often somebody may ask: token buckets, in Redis for all replicas or in this
//! process.

mod memory;
mod quota;
mod redis;

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use uuid::Uuid;

use crate::{
    Clock,
    config::{Config, RateLimits},
    metrics::Exposition,
    redis_connection::RedisConnection,
    users::Email,
};

use self::{memory::MemoryBuckets, redis::RedisBuckets};

pub use quota::{Quota, Taken};

type BucketKey = [u8; 16];

/// Kinds of requests, each with buckets of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Reading without an account.
    Anonymous,
    /// Reading with one.
    SignedIn,
    /// Everything that changes something.
    Writes,
    /// Signing in, registering and what belongs to it, by address.
    Auth,
    /// The same, by the account that is meant and the address: whoever guesses
    /// passwords locks out nobody else.
    Account,
    /// The same, by the account alone: guessing from many addresses ends too.
    AccountTotal,
}

impl Class {
    const ALL: [Self; 6] = [
        Self::Anonymous,
        Self::SignedIn,
        Self::Writes,
        Self::Auth,
        Self::Account,
        Self::AccountTotal,
    ];

    /// As headers and metrics call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::SignedIn => "signed-in",
            Self::Writes => "writes",
            Self::Auth => "auth",
            Self::Account => "account",
            Self::AccountTotal => "account-total",
        }
    }
}

/// Whose bucket it is.
#[derive(Clone, Copy, Debug)]
pub enum Holder<'a> {
    /// A client without an account; `None` where its address is not known.
    Address(Option<IpAddr>),
    User(Uuid),
    /// What a signed link stands for.
    Link(Uuid),
    /// Whether the account exists or not.
    Account(&'a Email),
    /// An account and a client that means it.
    AccountAt(&'a Email, Option<IpAddr>),
}

pub struct Limiter {
    limits: RateLimits,
    clock: Clock,
    /// Buckets are named by hashes: nobody's address is in memory or in Redis.
    key: Hmac<Sha256>,
    memory: MemoryBuckets,
    redis: Option<RedisBuckets>,
    refused: [AtomicU64; Class::ALL.len()],
}

impl Limiter {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    pub fn new(config: &Config, clock: Clock, redis: Option<Arc<RedisConnection>>) -> Self {
        let secret: &SecretString = &config.auth.secret_key;
        let mut key = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes())
            .expect("a key of any length");
        key.update(b"jobboard limit\0");
        Self {
            limits: config.rate_limits.clone(),
            clock,
            key,
            memory: MemoryBuckets::default(),
            redis: redis.map(RedisBuckets::new),
            refused: Default::default(),
        }
    }

    /// Takes a token; `None` where the class is not limited. Never fails: without
    /// Redis this process's own buckets serve.
    pub async fn take(&self, class: Class, holder: Holder<'_>) -> Option<Taken> {
        let quota = self.quota(class)?;
        let key = self.bucket(class, holder);
        let shared = match &self.redis {
            Some(redis) => redis.take(&key, quota).await,
            None => None,
        };
        let taken = shared.unwrap_or_else(|| {
            let now = self.clock.now().timestamp_micros();
            self.memory.take(key, quota, now)
        });
        if !taken.allowed {
            self.refused[class as usize].fetch_add(1, Ordering::Relaxed);
        }
        Some(taken)
    }

    pub fn expose(&self, out: &mut Exposition) {
        for class in Class::ALL {
            out.counter(
                "jobboard_rate_limited_total",
                "Requests refused because their sender asked too often.",
                &[("class", class.name())],
                self.refused[class as usize].load(Ordering::Relaxed),
            );
        }
    }

    fn quota(&self, class: Class) -> Option<Quota> {
        match class {
            Class::Anonymous => self.limits.anonymous,
            Class::SignedIn => self.limits.signed_in,
            Class::Writes => self.limits.writes,
            Class::Auth => self.limits.auth,
            Class::Account => self.limits.account,
            Class::AccountTotal => self.limits.account_total,
        }
    }

    fn bucket(&self, class: Class, holder: Holder<'_>) -> BucketKey {
        let mut mac = self.key.clone();
        mac.update(class.name().as_bytes());
        match holder {
            Holder::Address(address) => add_address(&mut mac, address),
            Holder::User(id) => {
                mac.update(b"\0user");
                mac.update(id.as_bytes());
            }
            Holder::Link(id) => {
                mac.update(b"\0link");
                mac.update(id.as_bytes());
            }
            Holder::Account(email) => {
                mac.update(b"\0account");
                mac.update(email.as_str().as_bytes());
            }
            Holder::AccountAt(email, address) => {
                add_address(&mut mac, address);
                mac.update(b"\0account");
                mac.update(email.as_str().as_bytes());
            }
        }
        let full = mac.finalize().into_bytes();
        let mut key = BucketKey::default();
        key.copy_from_slice(&full[..size_of::<BucketKey>()]);
        key
    }
}

fn add_address(mac: &mut Hmac<Sha256>, address: Option<IpAddr>) {
    match address {
        None => mac.update(b"\0nowhere"),
        Some(IpAddr::V4(address)) => {
            mac.update(b"\0v4");
            mac.update(&address.octets());
        }
        Some(IpAddr::V6(address)) => {
            mac.update(b"\0v6");
            mac.update(&address.octets());
        }
    }
}
