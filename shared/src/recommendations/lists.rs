//! Lists for users, from the database's facts and an index.

use std::sync::Arc;

use sqlx::PgPool;
use tokio::task::spawn_blocking;
use uuid::Uuid;

use super::{
    NewRecommendation, db,
    engines::{EngineError, TERMS_PER_JOB},
    facts::{self, Facts},
    hybrid,
    kernel::Index,
    profile::EventJobs,
    ranking,
};
use crate::config::Config;

/// Events of one user that are looked at, the latest.
const EVENTS_PER_USER: i64 = 20;
/// Candidates that the board itself proposes to everybody.
const TRENDING_CANDIDATES: i64 = 50;

const WITH_KEPT_PLANS: &str = "begin read only; set local plan_cache_mode = force_generic_plan";

/// How old what is known of jobs may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    /// A minute at most where many lists are made. That a job is live is known now.
    Now,
    /// A minute at most; for many users, whose lists are of most of the jobs anyway.
    Lately,
}

/// The lists of some users by the arms that they are in, up to `length` jobs each, of
/// what is live and not kept from them.
pub async fn compute(
    pool: &PgPool,
    config: &Arc<Config>,
    index: &Arc<Index>,
    user_ids: &[Uuid],
    length: usize,
    age: Age,
) -> Result<Vec<NewRecommendation>, EngineError> {
    let mut conn = match age {
        // Making plans for one user took as long as reading.
        Age::Now => pool.begin_with(WITH_KEPT_PLANS).await?,
        Age::Lately => pool.begin().await?,
    };
    let profiles = db::profiles(&mut conn, user_ids, EVENTS_PER_USER).await?;
    let kept = db::kept_from(&mut conn, user_ids).await?;
    let trending = db::most_trending(&mut conn, TRENDING_CANDIDATES).await?;
    let mut event_jobs: Vec<Uuid> = profiles
        .iter()
        .flat_map(|profile| {
            let done = profile.events.iter().map(|event| event.job_id);
            done.chain(profile.dislikes.iter().copied())
        })
        .collect();
    event_jobs.sort_unstable();
    event_jobs.dedup();
    let event_texts = db::job_texts(&mut conn, &event_jobs, false).await?;
    conn.commit().await?;

    let shared = index.clone();
    let (events, matched) = spawn_blocking(move || {
        let events = EventJobs::new(event_texts, &shared, TERMS_PER_JOB);
        let trending: Vec<u32> = trending
            .into_iter()
            .filter_map(|job_id| shared.number_of(job_id))
            .collect();
        let matched = ranking::matched(&shared, &events, profiles, &kept, &trending);
        (events, matched)
    })
    .await?;

    let half_life = config.trending.half_life.as_secs_f64();
    let facts = match age {
        Age::Lately => facts::of_all(pool, index, half_life).await?,
        Age::Now => {
            let mut candidates: Vec<Uuid> = matched
                .iter()
                .flat_map(|one| one.found.iter().map(|(job, _)| index.job(*job).id))
                .collect();
            candidates.sort_unstable();
            candidates.dedup();
            Arc::new(facts_of(pool, index, candidates, half_life).await?)
        }
    };

    let (config, index) = (config.clone(), index.clone());
    let lists = spawn_blocking(move || {
        let recipe_of = |user_id| {
            let mut recipe = hybrid::recipe_of(&config.recommendations, user_id);
            recipe.taste.length = length;
            recipe
        };
        ranking::lists(&index, &events, &matched, &facts, recipe_of)
    });
    let mut lists = lists.await?;
    if age == Age::Now {
        let listed: Vec<Uuid> = lists.iter().map(|one| one.job_id).collect();
        let live = db::live_of(&mut *pool.acquire().await?, &listed).await?;
        lists.retain(|one| live.contains(&one.job_id));
    }
    Ok(lists)
}

/// What is at hand, and what is not, which may have come since.
async fn facts_of(
    pool: &PgPool,
    index: &Arc<Index>,
    mut candidates: Vec<Uuid>,
    half_life: f64,
) -> Result<Facts, EngineError> {
    let mut found = Facts::with_capacity(candidates.len());
    if let Some(kept) = facts::at_hand(pool, index, half_life) {
        candidates.retain(|job_id| match kept.get(job_id) {
            Some(facts) => {
                found.insert(*job_id, facts.clone());
                false
            }
            None => true,
        });
    }
    if !candidates.is_empty() {
        let mut conn = pool.acquire().await?;
        found.extend(db::candidate_facts(&mut conn, &candidates, half_life).await?);
    }
    Ok(found)
}
