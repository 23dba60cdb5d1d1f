//! Looks at jobs, gathered in memory and written together, so that no request waits for
//! its look to be counted.
//!
//! A look is written half a second after it was made, and before a process that was told
//! to stop ends. A process that is killed loses those of the last half second; one whose
//! database is away keeps [`MAX_WAITING`] and drops the further ones.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};
use sqlx::PgPool;
use tracing::{error, warn};
use uuid::Uuid;

use super::{AddressHashes, db};
use crate::{Error, Result, metrics::Exposition};

/// A look waits so long for others.
const PATIENCE: Duration = Duration::from_millis(500);
/// After a failure.
const PAUSE: Duration = Duration::from_secs(2);
/// Of one statement.
const MOST_TOGETHER: usize = 500;
/// About 300 bytes each.
const MAX_WAITING: usize = 20_000;
/// Looks that the database refuses so often are given up.
const TRIES: u32 = 5;

/// Somebody looked at a job.
#[derive(Clone, Debug)]
pub struct Look {
    pub job_id: Uuid,
    pub user_id: Option<Uuid>,
    /// Tells apart who has no account.
    pub address: Option<AddressHashes>,
    pub user_agent: Option<String>,
    pub referrer: Option<String>,
    /// How long, where the client says so, in seconds.
    pub duration: Option<i32>,
    pub at: DateTime<Utc>,
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Looks(Arc<Inner>);

struct Inner {
    db: PgPool,
    waiting: Mutex<Waiting>,
    /// Held while some are written: one statement at a time.
    writing: tokio::sync::Mutex<()>,
    dropped: AtomicU64,
}

#[derive(Default)]
struct Waiting {
    looks: VecDeque<Look>,
    /// Whether somebody will write them.
    is_due: bool,
    /// How often the database refused them since the last success.
    failures: u32,
}

impl Looks {
    pub fn new(db: PgPool) -> Self {
        Self(Arc::new(Inner {
            db,
            waiting: Mutex::default(),
            writing: tokio::sync::Mutex::default(),
            dropped: AtomicU64::new(0),
        }))
    }

    /// Never waits. Counts what it has no room for.
    pub fn note(&self, look: Look) {
        let is_due = {
            let mut waiting = self.waiting();
            if waiting.looks.len() >= MAX_WAITING {
                self.0.dropped.fetch_add(1, Ordering::Relaxed);
                return;
            }
            waiting.looks.push_back(look);
            std::mem::replace(&mut waiting.is_due, true)
        };
        if !is_due {
            self.write_after(PATIENCE);
        }
    }

    fn write_after(&self, pause: Duration) {
        let looks = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(pause).await;
            looks.waiting().is_due = false;
            looks.write().await;
        });
    }

    /// Writes all that waits; what the database does not take now waits on.
    pub async fn write(&self) {
        let _alone = self.0.writing.lock().await;
        loop {
            let batch = self.take();
            if batch.is_empty() {
                return;
            }
            match self.write_batch(&batch).await {
                Ok(()) => self.waiting().failures = 0,
                Err(error) => {
                    self.put_back(batch, &error);
                    return;
                }
            }
        }
    }

    async fn write_batch(&self, batch: &[Look]) -> Result<()> {
        let mut conn = self.0.db.acquire().await?;
        db::views::record(&mut conn, batch).await?;
        Ok(())
    }

    fn take(&self) -> Vec<Look> {
        let mut waiting = self.waiting();
        let end = waiting.looks.len().min(MOST_TOGETHER);
        waiting.looks.drain(..end).collect()
    }

    fn put_back(&self, batch: Vec<Look>, cause: &Error) {
        let is_refused = matches!(cause, Error::Database(sqlx::Error::Database(_)));
        let mut waiting = self.waiting();
        waiting.failures += u32::from(is_refused);
        if waiting.failures >= TRIES {
            waiting.failures = 0;
            let looks = batch.len();
            self.0.dropped.fetch_add(looks as u64, Ordering::Relaxed);
            error!(looks, error = %cause, "looks at jobs were given up");
        } else {
            warn!(looks = batch.len(), error = %cause, "looks at jobs wait on");
            for look in batch.into_iter().rev() {
                waiting.looks.push_front(look);
            }
        }
        let is_due = std::mem::replace(&mut waiting.is_due, true);
        drop(waiting);
        if !is_due {
            self.write_after(PAUSE);
        }
    }

    /// Tells how many looks were not counted.
    pub fn expose(&self, out: &mut Exposition) {
        out.counter(
            "jobboard_looks_dropped_total",
            "Looks at jobs that were not counted, for want of room or a database.",
            &[],
            self.0.dropped.load(Ordering::Relaxed),
        );
    }

    /// What waits is right after a panic too: each look is moved in one step.
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
