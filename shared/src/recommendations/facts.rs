//! What lists need to know of the jobs of a model, kept while many lists are made.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use sqlx::PgPool;
use tokio::sync::Mutex;
use uuid::Uuid;

use super::{CandidateFacts, db, engines::EngineError, kernel::Index};

/// How old what is kept may be. Whether a job is live is looked up again where a list is
/// stored and where it is shown.
const KEPT_FOR: Duration = Duration::from_secs(60);

/// Of each live job.
pub(super) type Facts = HashMap<Uuid, CandidateFacts>;

struct Kept {
    version: Uuid,
    facts: Arc<Facts>,
    read_at: Instant,
}

/// Held while they are read, so that those who want them at the same time read them once.
static KEPT: Mutex<Option<Kept>> = Mutex::const_new(None);

/// Of all live jobs of a model: about 300 bytes of memory each.
pub(super) async fn of_all(
    pool: &PgPool,
    index: &Index,
    half_life_seconds: f64,
) -> Result<Arc<Facts>, EngineError> {
    let version = index.model().version;
    let mut kept = KEPT.lock().await;
    if let Some(kept) = &*kept
        && kept.version == version
        && kept.read_at.elapsed() < KEPT_FOR
    {
        return Ok(kept.facts.clone());
    }
    let read_at = Instant::now();
    let jobs: Vec<Uuid> = index.model().jobs.iter().map(|job| job.id).collect();
    let mut conn = pool.acquire().await?;
    let facts = Arc::new(db::candidate_facts(&mut conn, &jobs, half_life_seconds).await?);
    *kept = Some(Kept {
        version,
        facts: facts.clone(),
        read_at,
    });
    Ok(facts)
}
