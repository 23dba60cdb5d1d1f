//! The list that a freelancer is shown.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::{
    Recommendation, Step, db,
    engines::{self, EngineError},
    hybrid::{self, Arm},
    lists::{self, Age},
};
use crate::{Result, config::Config};

/// How late a job that came after the fit may be in lists made on request.
pub(super) const LAG: Duration = Duration::from_secs(15);
/// What a request waits for a model that this process has not loaded yet. The loading
/// goes on without it.
const PATIENCE: Duration = Duration::from_millis(500);

/// A list and where it comes from.
#[derive(Clone, Debug)]
pub struct Served {
    pub list: Vec<Recommendation>,
    /// The way to weigh that this user's lists are made by.
    pub arm: Arm,
    /// When the personal part of the list was computed; nothing where there is none.
    pub computed_at: Option<DateTime<Utc>>,
    pub model: Option<Uuid>,
}

/// Up to `size` jobs: those stored for the user or, where nothing is stored or the user
/// did something since, computed now; then what is trending in the categories and
/// places of their profile, what is trending at all, and the newest. Whether a job is
/// live and not kept from them is looked up now.
pub async fn for_user(
    pool: &PgPool,
    config: &Arc<Config>,
    user_id: Uuid,
    size: usize,
) -> Result<Served> {
    let mut conn = pool.acquire().await?;
    let freshness = db::freshness(&mut conn, user_id).await?;
    let head = db::latest_head(&mut conn).await?;
    drop(conn);
    let mut served = Served {
        list: Vec::with_capacity(size),
        arm: hybrid::arm_of(&config.recommendations, user_id),
        computed_at: freshness.computed_at,
        model: freshness.model,
    };
    if let (true, Some(head)) = (freshness.is_outdated(), head) {
        let list = live(pool, config, head.version, user_id, size).await;
        if !list.is_empty() {
            served.list = list;
            served.computed_at = Some(freshness.now);
            served.model = Some(head.version);
        }
    }
    let mut conn = pool.acquire().await?;
    fill(&mut conn, config, user_id, size, &mut served.list).await?;
    let is_personal =
        |one: &Recommendation| matches!(one.step, Step::Stored | Step::Live | Step::Profile);
    if !served.list.iter().any(is_personal) {
        (served.computed_at, served.model) = (None, None);
    }
    Ok(served)
}

async fn fill(
    conn: &mut PgConnection,
    config: &Config,
    user_id: Uuid,
    size: usize,
    list: &mut Vec<Recommendation>,
) -> Result<()> {
    let half_life = config.trending.half_life.as_secs_f64();
    for step in [
        Step::Stored,
        Step::TrendingNearby,
        Step::Trending,
        Step::Newest,
    ] {
        let missing = size.saturating_sub(list.len()) as i64;
        if missing == 0 {
            break;
        }
        let listed: Vec<Uuid> = list.iter().map(|one| one.job_id).collect();
        let more = match step {
            // What was computed now is not mixed with what was computed before.
            Step::Stored if list.is_empty() => db::stored(conn, user_id, missing).await?,
            Step::TrendingNearby => {
                db::trending_nearby(conn, user_id, &listed, missing, half_life).await?
            }
            Step::Trending => db::trending(conn, user_id, &listed, missing, half_life).await?,
            Step::Newest => db::newest(conn, user_id, &listed, missing).await?,
            Step::Stored | Step::Live | Step::Profile => Vec::new(),
        };
        list.extend(more);
    }
    Ok(())
}

/// A list made now, or nothing where that fails: there are other steps.
async fn live(
    pool: &PgPool,
    config: &Arc<Config>,
    version: Uuid,
    user_id: Uuid,
    size: usize,
) -> Vec<Recommendation> {
    let (of_task, config) = (pool.clone(), config.clone());
    let computing = tokio::spawn(async move {
        let index = engines::index(&of_task, &config.recommendations, version, LAG).await?;
        match index {
            Some(index) => {
                lists::compute(&of_task, &config, &index, &[user_id], size, Age::Now).await
            }
            None => Ok(Vec::new()),
        }
    });
    let computed = match tokio::time::timeout(PATIENCE, computing).await {
        Ok(Ok(computed)) => computed,
        Ok(Err(stopped)) => Err(EngineError::Stopped(stopped)),
        Err(_) => {
            tracing::info!(%version, "recommendations without the model, which is being loaded");
            return Vec::new();
        }
    };
    match computed {
        Ok(rows) => rows.into_iter().map(Recommendation::live).collect(),
        Err(error) => {
            tracing::error!(%user_id, %version, %error, "no live recommendations");
            Vec::new()
        }
    }
}
