//! Counting in memory, writing together.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::NaiveDate;
use sqlx::PgPool;
use tracing::warn;
use uuid::Uuid;

use super::Asked;
use crate::{Clock, Result, search::db::log as db};

/// What was counted waits so long for more.
const PATIENCE: Duration = Duration::from_millis(500);
/// Further ones are not counted until these are written.
const MAX_WAITING: usize = 10_000;
/// Who asked what today: further ones count as nobody.
const MAX_SEEN: usize = 200_000;

/// Cheap to clone.
#[derive(Clone)]
pub struct Recorder(Arc<Inner>);

struct Inner {
    db: PgPool,
    clock: Clock,
    counted: Mutex<Counted>,
}

/// What is to be written.
#[derive(Debug, Default)]
pub(in crate::search) struct Waiting {
    /// With the number of results.
    pub(in crate::search) asked: HashMap<Uuid, (Asked, i32)>,
    pub(in crate::search) searches: HashMap<Uuid, Times>,
    /// By search and position.
    pub(in crate::search) clicks: HashMap<(Uuid, i16), i32>,
}

#[derive(Clone, Copy, Debug, Default)]
pub(in crate::search) struct Times {
    pub(in crate::search) searches: i32,
    pub(in crate::search) visitors: i32,
}

#[derive(Debug, Default)]
struct Counted {
    waiting: Waiting,
    /// Whether somebody will write it.
    is_due: bool,
    /// Hashes that never leave memory.
    seen: HashSet<(Uuid, [u8; 16])>,
    seen_on: NaiveDate,
}

impl Recorder {
    pub fn new(db: PgPool, clock: Clock) -> Self {
        Self(Arc::new(Inner {
            db,
            clock,
            counted: Mutex::default(),
        }))
    }

    /// What a search found.
    pub fn found(&self, asked: Asked, results: i64) {
        let results = i32::try_from(results).unwrap_or(i32::MAX);
        self.note(|counted| {
            if counted.waiting.asked.len() < MAX_WAITING {
                counted.waiting.asked.insert(asked.id, (asked, results));
            }
        });
    }

    /// A search was answered, be it from memory. A visitor counts once a day.
    pub fn answered(&self, search: Uuid, visitor: Option<[u8; 16]>) {
        let today = self.0.clock.now().date_naive();
        self.note(|counted| {
            if counted.seen_on != today {
                counted.seen.clear();
                counted.seen_on = today;
            }
            let is_new = visitor.is_some_and(|visitor| {
                counted.seen.len() < MAX_SEEN && counted.seen.insert((search, visitor))
            });
            let searches = &mut counted.waiting.searches;
            if searches.len() < MAX_WAITING || searches.contains_key(&search) {
                let times = searches.entry(search).or_default();
                times.searches = times.searches.saturating_add(1);
                times.visitors += i32::from(is_new);
            }
        });
    }

    /// The job at a position of the results was opened.
    pub fn clicked(&self, search: Uuid, position: i16) {
        self.note(|counted| {
            let clicks = &mut counted.waiting.clicks;
            if clicks.len() < MAX_WAITING || clicks.contains_key(&(search, position)) {
                *clicks.entry((search, position)).or_default() += 1;
            }
        });
    }

    fn note(&self, work: impl FnOnce(&mut Counted)) {
        let mut counted = self.counted();
        work(&mut counted);
        if !std::mem::replace(&mut counted.is_due, true) {
            let recorder = self.clone();
            tokio::spawn(async move {
                tokio::time::sleep(PATIENCE).await;
                if let Err(error) = recorder.write().await {
                    warn!(%error, "searches were not logged");
                }
            });
        }
    }

    async fn write(&self) -> Result<()> {
        let waiting = {
            let mut counted = self.counted();
            counted.is_due = false;
            std::mem::take(&mut counted.waiting)
        };
        let mut tx = self.0.db.begin().await?;
        db::write(&mut tx, &waiting).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Counts are right after a panic too: each is changed in one step.
    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.0
            .counted
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
