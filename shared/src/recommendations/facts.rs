//! What lists need to know of the jobs of a model, kept while many lists are made.

use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use sqlx::PgPool;
use tokio::sync::Mutex;
use uuid::Uuid;

use super::{CandidateFacts, db, engines::EngineError, kernel::Index};

/// How old what is kept may be. Whether a job is live is looked up again where a list is
/// stored and where it is shown.
const KEPT_FOR: Duration = Duration::from_secs(60);
/// After so many lists that would have needed all facts, these are read: before, reading
/// those of a hundred thousand jobs costs more than it saves.
const MANY_LISTS: u32 = 30;

/// Of each live job.
pub(super) type Facts = HashMap<Uuid, CandidateFacts>;

struct Kept {
    version: Uuid,
    facts: Arc<Facts>,
    read_at: Instant,
}

static KEPT: RwLock<Option<Kept>> = RwLock::new(None);
/// Held while they are read, so that those who want them at the same time read them once.
static READING: Mutex<()> = Mutex::const_new(());
/// Lists that were made without, since they were read.
static MISSED: AtomicU32 = AtomicU32::new(0);

/// Of all live jobs of a model: about 300 bytes of memory each.
pub(super) async fn of_all(
    pool: &PgPool,
    index: &Index,
    half_life_seconds: f64,
) -> Result<Arc<Facts>, EngineError> {
    let version = index.model().version;
    let _reading = READING.lock().await;
    if let Some(facts) = kept(version) {
        return Ok(facts);
    }
    let read_at = Instant::now();
    let jobs: Vec<Uuid> = index.model().jobs.iter().map(|job| job.id).collect();
    let mut conn = pool.acquire().await?;
    let facts = Arc::new(db::candidate_facts(&mut conn, &jobs, half_life_seconds).await?);
    *KEPT.write().unwrap_or_else(PoisonError::into_inner) = Some(Kept {
        version,
        facts: facts.clone(),
        read_at,
    });
    MISSED.store(0, Ordering::Relaxed);
    Ok(facts)
}

/// The same where they are kept, for one list that does not wait for them. Many such
/// lists have them read beside.
pub(super) fn at_hand(
    pool: &PgPool,
    index: &Arc<Index>,
    half_life_seconds: f64,
) -> Option<Arc<Facts>> {
    let found = kept(index.model().version);
    if found.is_none() && MISSED.fetch_add(1, Ordering::Relaxed) == MANY_LISTS {
        let (pool, index) = (pool.clone(), index.clone());
        tokio::spawn(async move {
            if let Err(error) = of_all(&pool, &index, half_life_seconds).await {
                MISSED.store(0, Ordering::Relaxed);
                tracing::warn!(version = %index.model().version, %error, "facts of jobs are not kept");
            }
        });
    }
    found
}

fn kept(version: Uuid) -> Option<Arc<Facts>> {
    let kept = KEPT.read().unwrap_or_else(PoisonError::into_inner);
    let kept = kept.as_ref()?;
    let is_good = kept.version == version && kept.read_at.elapsed() < KEPT_FOR;
    is_good.then(|| kept.facts.clone())
}
