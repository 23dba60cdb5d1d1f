//! Indexes kept in this process, by model version.

use std::sync::Arc;

use jobboard_shared::recommendations::{
    codec, db,
    kernel::Index,
    model::{Model, block_weights},
};
use tokio::sync::Mutex;
use uuid::Uuid;

use super::TERMS_PER_JOB;
use crate::{Context, TaskError};

/// The model of now and the one before it; a few more where one process serves
/// several databases.
const KEPT: usize = 4;
/// More new jobs than these wait for the next fit.
const MOST_NEW_JOBS: i64 = 5_000;

/// Least recently used first. Held while a model is loaded, so that tasks running
/// side by side load it once.
static INDEXES: Mutex<Vec<(Uuid, Arc<Index>)>> = Mutex::const_new(Vec::new());

/// The index of a model, with the live jobs that came after its fit. `None` where
/// the model is gone.
pub(super) async fn index(ctx: &Context, version: Uuid) -> Result<Option<Arc<Index>>, TaskError> {
    let mut indexes = INDEXES.lock().await;
    let at = indexes.iter().position(|(known, _)| *known == version);
    let mut index = match at {
        Some(at) => indexes.remove(at).1,
        None => match load(ctx, version).await? {
            Some(model) => Arc::new(Index::new(
                model,
                block_weights(&ctx.config.recommendations),
            )),
            None => return Ok(None),
        },
    };
    add_new_jobs(ctx, &mut index).await?;
    indexes.push((version, index.clone()));
    if indexes.len() > KEPT {
        indexes.remove(0);
    }
    Ok(Some(index))
}

async fn load(ctx: &Context, version: Uuid) -> Result<Option<Model>, TaskError> {
    let mut conn = ctx.db.acquire().await?;
    let Some((head, content)) = db::load_model(&mut conn, version).await? else {
        return Ok(None);
    };
    drop(conn);
    let model =
        tokio::task::spawn_blocking(move || codec::decode(head.version, head.fitted_at, &content))
            .await
            .map_err(TaskError::retry)?;
    match model {
        Ok(model) => Ok(Some(model)),
        // Written by another release of the program: the next fit replaces it.
        Err(error) => {
            tracing::warn!(%version, %error, "stored model not readable");
            Ok(None)
        }
    }
}

async fn add_new_jobs(ctx: &Context, index: &mut Arc<Index>) -> Result<(), TaskError> {
    let mut conn = ctx.db.acquire().await?;
    let fitted_at = index.model().fitted_at;
    let mut new = db::jobs_since(&mut conn, fitted_at, db::LATE_COMMITS, MOST_NEW_JOBS).await?;
    new.retain(|id| index.number_of(*id).is_none());
    if new.is_empty() {
        return Ok(());
    }
    let texts = db::job_texts(&mut conn, &new, true).await?;
    // Tasks under way keep the index they have.
    let index = Arc::make_mut(index);
    for text in &texts {
        index.add(text, TERMS_PER_JOB);
    }
    Ok(())
}
