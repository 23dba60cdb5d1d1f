//! Indexes kept in this process, by model version.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use sqlx::PgPool;
use tokio::{sync::Mutex, task::JoinError};
use uuid::Uuid;

use super::{
    codec, db,
    kernel::Index,
    model::{JobText, Model, block_weights},
};
use crate::{Error, config};

/// Terms kept of each job; more were measured to change nothing.
pub const TERMS_PER_JOB: usize = 64;
/// The model of now and the one before it; a few more where one process serves
/// several databases.
const KEPT: usize = 4;
/// More new jobs than these wait for the next fit.
const MOST_NEW_JOBS: i64 = 5_000;

struct Kept {
    version: Uuid,
    index: Arc<Index>,
    /// When it was last asked for jobs that came after its fit.
    looked_at: Instant,
}

/// Least recently used first. Held while a model is loaded, so that those who want it
/// at the same time load it once.
static INDEXES: Mutex<Vec<Kept>> = Mutex::const_new(Vec::new());

#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    #[error(transparent)]
    Database(#[from] Error),
    #[error("the computation ended before its time: {0}")]
    Stopped(#[from] JoinError),
}

impl From<sqlx::Error> for EngineError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// The index of a model, with the live jobs that came after its fit up to `lag` ago.
/// `None` where the model is gone.
pub async fn index(
    pool: &PgPool,
    config: &config::Recommendations,
    version: Uuid,
    lag: Duration,
) -> Result<Option<Arc<Index>>, EngineError> {
    let mut indexes = INDEXES.lock().await;
    let at = indexes.iter().position(|kept| kept.version == version);
    let mut kept = match at {
        Some(at) => indexes.remove(at),
        None => {
            let Some(index) = load(pool, config, version).await? else {
                return Ok(None);
            };
            let looked_at = Instant::now();
            let index = with_new_jobs(pool, index).await?;
            Kept {
                version,
                index,
                looked_at,
            }
        }
    };
    if at.is_some() && kept.looked_at.elapsed() >= lag {
        kept.looked_at = Instant::now();
        kept.index = with_new_jobs(pool, kept.index).await?;
    }
    let index = kept.index.clone();
    indexes.push(kept);
    if indexes.len() > KEPT {
        indexes.remove(0);
    }
    Ok(Some(index))
}

async fn load(
    pool: &PgPool,
    config: &config::Recommendations,
    version: Uuid,
) -> Result<Option<Arc<Index>>, EngineError> {
    let mut conn = pool.acquire().await?;
    let Some((head, content)) = db::load_model(&mut conn, version).await? else {
        return Ok(None);
    };
    drop(conn);
    let weights = block_weights(config);
    let index = tokio::task::spawn_blocking(move || {
        let model: Model = codec::decode(head.version, head.fitted_at, &content)?;
        Ok::<_, std::io::Error>(Arc::new(Index::new(model, weights)))
    })
    .await?;
    match index {
        Ok(index) => Ok(Some(index)),
        // Written by another release of the program: the next fit replaces it.
        Err(error) => {
            tracing::warn!(%version, %error, "stored model not readable");
            Ok(None)
        }
    }
}

async fn with_new_jobs(pool: &PgPool, mut index: Arc<Index>) -> Result<Arc<Index>, EngineError> {
    let mut conn = pool.acquire().await?;
    let fitted_at = index.model().fitted_at;
    let mut new = db::jobs_since(&mut conn, fitted_at, db::LATE_COMMITS, MOST_NEW_JOBS).await?;
    new.retain(|id| index.number_of(*id).is_none());
    if new.is_empty() {
        return Ok(index);
    }
    let texts: Vec<JobText> = db::job_texts(&mut conn, &new, true).await?;
    drop(conn);
    let index = tokio::task::spawn_blocking(move || {
        // Who is at work with it keeps what they have.
        Arc::make_mut(&mut index).add(&texts, TERMS_PER_JOB);
        index
    });
    Ok(index.await?)
}
