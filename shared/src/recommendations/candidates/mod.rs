//! Freelancers for a job, the other way round: by what they say of themselves, never by
//! what they did on the board.
//!
//! Whoever may be found stands in an inverted index in the database under their own
//! terms ([`terms`]). A request looks up the job's strongest terms there, no more than
//! [`MOST_PER_TERM`] people for each, and weighs the [`SHORTLIST`] best of them with the
//! model in use as jobs are weighed for a freelancer: what it costs does not grow with
//! the number of freelancers.

mod grounds;
mod score;
pub mod terms;

use std::{cmp::Reverse, collections::HashMap};

use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use tokio::task::spawn_blocking;
use uuid::Uuid;

pub use self::grounds::{Ground, Reason};
use self::score::Weighed;
use super::{
    db,
    engines::{self, EngineError, TERMS_PER_JOB},
    kernel::Index,
    model::{JobText, Vector},
    profile::Profile,
    serving,
};
use crate::{
    config::Config,
    employers::{self, CompanyRole, Scope},
    jobs,
    pagination::{Paging, Slice, Start},
};

/// Of those to whom a term means as much as to others no more are looked at.
pub const MOST_PER_TERM: i64 = 2_000;
/// So many are weighed exactly.
pub const SHORTLIST: i64 = 400;
/// No job has more candidates.
pub const MOST: usize = 200;

/// What an employer is shown of a freelancer.
#[derive(Clone, Debug)]
pub struct Card {
    pub user_id: Uuid,
    /// Of the profile.
    pub freelancer_id: Uuid,
    pub first_name: String,
    pub last_name: String,
    pub title: Option<String>,
    pub location: Option<String>,
    pub is_available: bool,
    pub is_open_to_remote: bool,
    pub total_experience_years: f64,
    pub average_rating: Option<f64>,
    pub total_reviews: i32,
    /// Names, the best known first.
    pub skills: Vec<String>,
}

/// A freelancer for a job.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub card: Card,
    /// 0 to 1: the sum of the reasons' shares. 1 would be somebody who says of themself,
    /// word by word, what the job says, and whose wish it pays.
    pub score: f64,
    /// The strongest first.
    pub reasons: Vec<Reason>,
}

/// A place in the list of a job's candidates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CandidateCursor {
    /// The score, in billionths.
    pub score: u64,
    pub user_id: Uuid,
}

/// Somebody of the shortlist.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Listed {
    pub user_id: Uuid,
    /// Whether the job pays the least that they ask for; nothing where one of the two
    /// does not say, or they speak of different currencies.
    pub is_paid_enough: Option<bool>,
}

/// Who fits a job of the scope, best first, of those who want to be found: without who
/// applied for it, hid it, or blocked or reported its employer. Empty before the first
/// fit. For whoever may post for the company.
pub async fn of_job(
    pool: &PgPool,
    config: &Config,
    scope: Scope,
    job_id: Uuid,
    paging: &Paging<CandidateCursor>,
) -> Result<Slice<Candidate, CandidateCursor>, EngineError> {
    let mut conn = pool.acquire().await?;
    jobs::db::role(&mut conn, job_id, scope)
        .await?
        .ensure(CompanyRole::Recruiter)?;
    employers::ensure_can_post(&mut conn, scope).await?;
    drop(conn);
    let slice = page(all(pool, config, job_id).await?, paging);
    let mut conn = pool.acquire().await?;
    let shown: Vec<Uuid> = slice.rows.iter().map(|one| one.user_id).collect();
    let mut cards: HashMap<Uuid, Card> = db::cards(&mut conn, &shown)
        .await?
        .into_iter()
        .map(|card| (card.user_id, card))
        .collect();
    let candidate = |one: Weighed| {
        Some(Candidate {
            card: cards.remove(&one.user_id)?,
            score: one.score,
            reasons: one.reasons,
        })
    };
    Ok(Slice {
        rows: slice.rows.into_iter().filter_map(candidate).collect(),
        next: slice.next,
        total: slice.total,
    })
}

/// All candidates of a job, best first.
async fn all(pool: &PgPool, config: &Config, job_id: Uuid) -> Result<Vec<Weighed>, EngineError> {
    let mut conn = pool.acquire().await?;
    let texts = db::job_texts(&mut conn, &[job_id], true).await?;
    let head = db::latest_head(&mut conn).await?;
    drop(conn);
    let (Some(head), Some(text)) = (head, texts.into_iter().next()) else {
        return Ok(Vec::new());
    };
    let recommendations = &config.recommendations;
    let Some(index) = engines::index(pool, recommendations, head.version, serving::LAG).await?
    else {
        return Ok(Vec::new());
    };
    let vector = match index.number_of(job_id) {
        Some(number) => index.vector(number).clone(),
        None => index
            .model()
            .vectorize(&text, index.weights(), TERMS_PER_JOB),
    };
    let probes = terms::probes(&index, &vector, &text);
    let mut conn = pool.acquire().await?;
    let listed = db::shortlist(&mut conn, job_id, &probes, MOST_PER_TERM, SHORTLIST).await?;
    let user_ids: Vec<Uuid> = listed.iter().map(|one| one.user_id).collect();
    // What somebody did is nobody else's business.
    let profiles = db::profiles(&mut conn, &user_ids, 0).await?;
    drop(conn);
    let weighed = spawn_blocking(move || weigh(&index, &text, &vector, &profiles, &listed));
    Ok(weighed.await?)
}

/// The best of them, in order.
fn weigh(
    index: &Index,
    text: &JobText,
    vector: &Vector,
    profiles: &[Profile],
    listed: &[Listed],
) -> Vec<Weighed> {
    let paid: HashMap<Uuid, Option<bool>> = listed
        .iter()
        .map(|one| (one.user_id, one.is_paid_enough))
        .collect();
    let mut weighed: Vec<Weighed> = profiles
        .iter()
        .map(|profile| {
            let is_paid_enough = paid.get(&profile.user_id).copied().flatten();
            score::weigh(index, text, vector, profile, is_paid_enough)
        })
        .filter(|one| one.score > 0.0)
        .collect();
    weighed.sort_by_key(|one| (Reverse(one.points()), one.user_id));
    weighed.truncate(MOST);
    weighed
}

/// The part of the list that is asked for.
fn page(
    weighed: Vec<Weighed>,
    paging: &Paging<CandidateCursor>,
) -> Slice<Weighed, CandidateCursor> {
    let total = matches!(paging.start, Start::Page(_)).then_some(weighed.len() as i64);
    let is_before = |one: &Weighed| match paging.cursor() {
        None => false,
        Some(last) => (Reverse(one.points()), one.user_id) <= (Reverse(last.score), last.user_id),
    };
    let rows: Vec<Weighed> = weighed
        .into_iter()
        .skip_while(is_before)
        .skip(paging.offset() as usize)
        .take(paging.limit() as usize)
        .collect();
    Slice::cut(rows, paging.size, total, |one| CandidateCursor {
        score: one.points(),
        user_id: one.user_id,
    })
}
