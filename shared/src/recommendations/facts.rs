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
/// The same for lists on request while it is read anew, which takes seconds of a large
/// board.
const AT_HAND_FOR: Duration = Duration::from_secs(120);
/// Jobs that are read at once, so that requests beside need not wait for more.
const AT_ONCE: usize = 2_000;
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
    if let Some((facts, age)) = kept(version)
        && age < KEPT_FOR
    {
        return Ok(facts);
    }
    let read_at = Instant::now();
    let mut facts = Facts::with_capacity(index.model().jobs.len());
    let mut conn = pool.acquire().await?;
    for jobs in index.model().jobs.chunks(AT_ONCE) {
        let jobs: Vec<Uuid> = jobs.iter().map(|job| job.id).collect();
        facts.extend(db::candidate_facts(&mut conn, &jobs, half_life_seconds).await?);
    }
    let facts = Arc::new(facts);
    *KEPT.write().unwrap_or_else(PoisonError::into_inner) = Some(Kept {
        version,
        facts: facts.clone(),
        read_at,
    });
    MISSED.store(0, Ordering::Relaxed);
    Ok(facts)
}

/// The same where they are kept, for one list that does not wait for them. They are read
/// beside where they grow old, or many such lists missed them.
pub(super) fn at_hand(
    pool: &PgPool,
    index: &Arc<Index>,
    half_life_seconds: f64,
) -> Option<Arc<Facts>> {
    let found = kept(index.model().version).filter(|(_, age)| *age < AT_HAND_FOR);
    let is_due = match &found {
        Some((_, age)) => *age >= KEPT_FOR,
        None => MISSED.fetch_add(1, Ordering::Relaxed) >= MANY_LISTS,
    };
    if is_due && READING.try_lock().is_ok() {
        let (pool, index) = (pool.clone(), index.clone());
        tokio::spawn(async move {
            if let Err(error) = of_all(&pool, &index, half_life_seconds).await {
                tracing::warn!(version = %index.model().version, %error, "facts of jobs are not kept");
            }
        });
    }
    found.map(|(facts, _)| facts)
}

fn kept(version: Uuid) -> Option<(Arc<Facts>, Duration)> {
    let kept = KEPT.read().unwrap_or_else(PoisonError::into_inner);
    let kept = kept.as_ref()?;
    (kept.version == version).then(|| (kept.facts.clone(), kept.read_at.elapsed()))
}
