//! Answers that are given again while nothing has changed that they depend on.
//!
//! docs/adr/0002-response-caches.md has the reasons.

mod epochs;
mod hearing;
mod report;
mod shared;
mod topics;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use quick_cache::{
    DefaultHashBuilder, Lifecycle, OptionsBuilder, Weighter,
    sync::{EntryAction, EntryResult, PlaceholderGuard},
};
use sha2::{Digest, Sha256};
use tracing::warn;
use uuid::Uuid;

use self::{
    epochs::Epochs,
    hearing::Hearing,
    report::Counts,
    shared::{Found as SharedFound, Moment, SharedAnswers},
    topics::Change,
};
use crate::{config::Config, redis_connection::RedisConnection};

pub use hearing::MAX_LAG;
pub use report::Report;
pub use topics::Topic;

/// A larger answer is made anew each time.
const MAX_BODY_BYTES: usize = 256 * 1024;
/// What an answer takes beside its text.
const OVERHEAD_BYTES: usize = 512;
/// How long a request waits for an equal one that is being answered.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Jobs,
    Categories,
    Search,
    Trending,
    /// Of its account alone, and never in Redis.
    Profile,
}

impl Kind {
    const ALL: [Self; 5] = [
        Self::Jobs,
        Self::Categories,
        Self::Search,
        Self::Trending,
        Self::Profile,
    ];

    /// As metrics call it.
    fn name(self) -> &'static str {
        match self {
            Self::Jobs => "jobs",
            Self::Categories => "categories",
            Self::Search => "search",
            Self::Trending => "trending",
            Self::Profile => "profile",
        }
    }

    /// After which an answer is made anew, whatever was heard.
    fn lifetime(self) -> Duration {
        Duration::from_secs(match self {
            Self::Jobs => 5 * 60,
            Self::Categories => 60 * 60,
            Self::Search => 10 * 60,
            Self::Trending => 30 * 60,
            Self::Profile => 15 * 60,
        })
    }

    fn is_shared(self) -> bool {
        self != Self::Profile
    }
}

/// Names a request: two with one key have one answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key([u8; 32]);

impl Key {
    /// Of the route, its query in one spelling, and the account where the answer is
    /// its own.
    pub fn new(route: &str, query: &str, account: Option<Uuid>) -> Self {
        let mut hash = Sha256::new();
        for part in [route.as_bytes(), query.as_bytes()] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        if let Some(account) = account {
            hash.update(account.as_bytes());
        }
        Self(hash.finalize().into())
    }
}

/// What is given again.
#[derive(Clone, Debug)]
pub struct Answer {
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
}

/// An answer that is kept.
#[derive(Debug)]
pub struct Kept {
    pub answer: Answer,
    /// When the work on it began.
    begun: Instant,
    made: Instant,
    until: Instant,
    moment: u64,
    topics: Box<[u16]>,
}

impl Kept {
    pub fn age(&self) -> Duration {
        self.made.elapsed()
    }

    /// What is left of its time.
    pub fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }
}

/// What became of a request.
pub enum Found<'a> {
    Hit(Arc<Kept>),
    /// To be made, by this request alone; equal ones wait.
    Miss(Place<'a>),
    /// To be made and not to be kept.
    Bypass,
}

/// What this process has heard.
struct Known {
    epochs: Epochs,
    shared: Option<SharedAnswers>,
}

impl Known {
    async fn change(&self, change: &Change) {
        // In this order: what is taken from Redis is at least as new as what counts as
        // heard here.
        if let Some(shared) = &self.shared {
            shared.change(change).await;
        }
        self.epochs.change(change);
    }

    fn still_holds(&self, kept: &Kept) -> bool {
        Instant::now() < kept.until && self.epochs.unchanged_since(kept.moment, &kept.topics)
    }
}

type Entries = quick_cache::sync::Cache<Key, Arc<Kept>, Weight, DefaultHashBuilder, Evictions>;
type Guard<'a> = PlaceholderGuard<'a, Key, Arc<Kept>, Weight, DefaultHashBuilder, Evictions>;

#[derive(Clone)]
struct Weight;

impl Weighter<Key, Arc<Kept>> for Weight {
    fn weight(&self, _key: &Key, kept: &Arc<Kept>) -> u64 {
        let Answer { headers, body } = &kept.answer;
        let headers: usize = headers
            .iter()
            .map(|(name, value)| name.len() + value.len())
            .sum();
        (OVERHEAD_BYTES + headers + body.len() + 2 * kept.topics.len()) as u64
    }
}

/// Counts what makes room for others.
#[derive(Clone, Default)]
struct Evictions(Arc<AtomicU64>);

impl Lifecycle<Key, Arc<Kept>> for Evictions {
    type RequestState = ();

    fn on_evict(&self, _state: &mut (), _key: Key, _kept: Arc<Kept>) {
        self.0.fetch_add(1, Relaxed);
    }
}

pub struct Cache {
    entries: Entries,
    known: Arc<Known>,
    hearing: Hearing,
    evictions: Evictions,
    counts: [Counts; Kind::ALL.len()],
}

impl Cache {
    /// `None` where it is switched off, or where changes could not be heard: without
    /// a direct connection to the database.
    pub fn configured(config: &Config, redis: Option<&Arc<RedisConnection>>) -> Option<Self> {
        let bytes = config.cache_bytes?;
        let Some(url) = config.database.direct_url.clone() else {
            warn!("no answers are kept, for DATABASE_DIRECT_URL is not set");
            return None;
        };
        let evictions = Evictions::default();
        let options = OptionsBuilder::new()
            .estimated_items_capacity(bytes / 8192 + 1)
            .weight_capacity(bytes as u64)
            .shards(4)
            .build()
            .ok()?;
        let known = Arc::new(Known {
            epochs: Epochs::default(),
            shared: redis.map(|redis| SharedAnswers::new(Arc::clone(redis))),
        });
        Some(Self {
            entries: Entries::with_options(
                options,
                Weight,
                DefaultHashBuilder::default(),
                evictions.clone(),
            ),
            hearing: Hearing::new(url, Arc::clone(&known)),
            known,
            evictions,
            counts: Default::default(),
        })
    }

    /// The answer to a request, if one is kept that knows everything that was
    /// committed [`MAX_LAG`] before the request.
    pub async fn find(&self, kind: Kind, key: Key) -> Found<'_> {
        let found = self.look_for(kind, key).await;
        let counts = &self.counts[kind as usize];
        let count = match found {
            Found::Hit(_) => &counts.hits,
            Found::Miss(_) => &counts.misses,
            Found::Bypass => &counts.bypasses,
        };
        count.fetch_add(1, Relaxed);
        found
    }

    async fn look_for(&self, kind: Kind, key: Key) -> Found<'_> {
        let arrived = Instant::now();
        if !self.hearing.is_fresh().await {
            return Found::Bypass;
        }
        // What was begun after the request came knows all that was committed before
        // it, whatever has been heard since.
        let entry = self.entries.entry_async(&key, |_, kept| {
            if kept.begun >= arrived || self.known.still_holds(kept) {
                EntryAction::Retain(Arc::clone(kept))
            } else {
                EntryAction::ReplaceWithGuard
            }
        });
        let guard = match tokio::time::timeout(PATIENCE, entry).await {
            Ok(EntryResult::Retained(kept)) => return Found::Hit(kept),
            Ok(EntryResult::Vacant(guard) | EntryResult::Replaced(guard, _)) => guard,
            Ok(EntryResult::Removed(..) | EntryResult::Timeout) | Err(_) => {
                return Found::Bypass;
            }
        };
        let mut place = Place {
            cache: self,
            kind,
            key,
            guard,
            begun: Instant::now(),
            moment: self.known.epochs.now(),
            shared: None,
        };
        let shared = self.known.shared.as_ref().filter(|_| kind.is_shared());
        if let Some(shared) = shared {
            match shared.find(&key).await {
                Some(SharedFound::Answer {
                    answer,
                    topics,
                    age,
                    left,
                }) => {
                    self.counts[kind as usize].shared_hits.fetch_add(1, Relaxed);
                    return Found::Hit(place.take_over(answer, topics, age, left));
                }
                Some(SharedFound::Nothing(moment)) => place.shared = Some(moment),
                None => {}
            }
        }
        Found::Miss(place)
    }

    /// Returns when no answer is given any more that does not know what was committed
    /// before the call: whoever changes something waits for it, and reads it then.
    pub async fn catch_up(&self) {
        self.hearing.catch_up().await;
    }

    /// Whether changes are heard; begins to listen, where nobody has asked yet.
    pub async fn hears(&self) -> bool {
        self.hearing.hears().await
    }
}

/// Where an answer is to be kept. Dropped, whoever waits for it makes it instead.
pub struct Place<'a> {
    cache: &'a Cache,
    kind: Kind,
    key: Key,
    guard: Guard<'a>,
    begun: Instant,
    moment: u64,
    shared: Option<Moment>,
}

impl Place<'_> {
    /// Keeps an answer until its kind's time is over, or for `at_most`. Whether it was
    /// kept: not what is very large, or already over.
    pub async fn keep(self, answer: Answer, topics: &[Topic], at_most: Option<Duration>) -> bool {
        let lifetime = self.kind.lifetime();
        let life = at_most.map_or(lifetime, |most| most.min(lifetime));
        if answer.body.len() > MAX_BODY_BYTES || life.is_zero() {
            return false;
        }
        let mut topics: Vec<u16> = topics.iter().map(|topic| topic.index()).collect();
        topics.sort_unstable();
        topics.dedup();
        let kept = Arc::new(Kept {
            answer,
            begun: self.begun,
            made: Instant::now(),
            until: self.begun + life,
            moment: self.moment,
            topics: topics.into(),
        });
        // An entry that was removed meanwhile is not missed.
        let _ = self.guard.insert(Arc::clone(&kept));
        let shared = self.cache.known.shared.as_ref().zip(self.shared.as_ref());
        if let Some((shared, moment)) = shared {
            let Kept { answer, topics, .. } = &*kept;
            shared.keep(&self.key, moment, answer, topics, life).await;
        }
        true
    }

    /// Keeps what another replica made.
    fn take_over(
        self,
        answer: Answer,
        topics: Vec<u16>,
        age: Duration,
        left: Duration,
    ) -> Arc<Kept> {
        let now = Instant::now();
        let kept = Arc::new(Kept {
            answer,
            begun: now.checked_sub(age).unwrap_or(now),
            made: now.checked_sub(age).unwrap_or(now),
            until: now + left,
            moment: self.moment,
            topics: topics.into(),
        });
        let _ = self.guard.insert(Arc::clone(&kept));
        kept
    }
}
