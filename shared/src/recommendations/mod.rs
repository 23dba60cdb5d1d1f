//! Recommended jobs per user, and jobs like a job.
//!
//! A fit (in the worker) turns the live jobs into a [`model::Model`]: TF-IDF
//! vectors in blocks of their own for title, skills, description, location, vicinity,
//! category and company. Tasks then match one block of users after the other against it and
//! store the best jobs with their reasons.

pub mod candidates;
pub mod codec;
pub mod collaborative;
pub mod counting;
pub mod db;
pub mod diversity;
pub mod engines;
pub mod experiment;
mod facts;
pub mod feedback;
pub mod fit;
mod held;
pub mod hybrid;
pub mod kernel;
pub mod lists;
pub mod lowered;
#[cfg(test)]
mod made_up;
pub mod model;
pub mod nearest;
pub mod pool;
mod postings;
pub mod profile;
pub mod ranking;
pub mod reasons;
pub mod serving;
pub mod tasks;
pub mod text;
mod tiles;
pub mod vicinity;

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// How a recommendation was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, sqlx::Type)]
#[sqlx(type_name = "recommendation_algorithm", rename_all = "snake_case")]
pub enum Algorithm {
    ContentBased,
    Collaborative,
    Hybrid,
    Trending,
}

/// Where a served job came from. The list asks one source after the other until
/// it is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Stored for this user and not expired.
    Stored,
    /// Computed on request, of the profile and what the user did.
    Live,
    /// Computed on request, of the profile alone.
    Profile,
    /// Trending in a category or place of the user's profile.
    TrendingNearby,
    Trending,
    Newest,
}

/// A job for a user, ready to be shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Recommendation {
    pub job_id: Uuid,
    /// 0 to 1, in relation to the best job of the same source.
    pub score: f64,
    pub reason: String,
    pub algorithm: Algorithm,
    pub step: Step,
    /// What each source adds to the score; nothing where it was not computed for a user.
    pub shares: Option<hybrid::Parts>,
    /// What is taken from it: it and the shares add up to the score.
    pub lowered: lowered::Lowered,
    /// Whether this user was shown it before.
    pub is_viewed: bool,
}

impl Recommendation {
    fn live(row: NewRecommendation) -> Self {
        Self {
            job_id: row.job_id,
            score: row.score,
            reason: row.reason,
            algorithm: row.algorithm,
            step: if row.has_events {
                Step::Live
            } else {
                Step::Profile
            },
            shares: row.shares,
            lowered: row.lowered,
            is_viewed: false,
        }
    }
}

/// How old a stored list is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Freshness {
    pub now: DateTime<Utc>,
    /// Nothing where nothing is stored.
    pub computed_at: Option<DateTime<Utc>>,
    pub model: Option<Uuid>,
    /// A change of the profile, or something done with a job.
    pub last_event: Option<DateTime<Utc>>,
}

impl Freshness {
    pub fn is_outdated(&self) -> bool {
        match (self.computed_at, self.last_event) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(computed), Some(event)) => event > computed,
        }
    }
}

/// A recommendation to be stored.
#[derive(Clone, Debug, PartialEq)]
pub struct NewRecommendation {
    pub user_id: Uuid,
    pub job_id: Uuid,
    pub score: f64,
    pub algorithm: Algorithm,
    /// From 1, best first.
    pub position: i16,
    pub reason: String,
    pub shares: Option<hybrid::Parts>,
    pub lowered: lowered::Lowered,
    /// Whether the user did anything yet that took part in it.
    pub has_events: bool,
    /// The raw parts of the score.
    pub metadata: serde_json::Value,
}

/// A job like another one.
#[derive(Clone, Debug, PartialEq)]
pub struct Neighbour {
    pub job_id: Uuid,
    /// 0 to 1.
    pub score: f64,
    pub reason: String,
}

/// The similar jobs of one job, to be stored; best first.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredNeighbours {
    pub job_id: Uuid,
    pub neighbours: Vec<Neighbour>,
}

/// What a list and its reasons need to know about a live job.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CandidateFacts {
    pub location: String,
    pub category: Option<String>,
    /// As of now; 0 where nobody looked at it.
    pub trending: f64,
    /// Of the last seven days.
    pub recent_applications: i64,
    /// Since it was published.
    pub age_days: f64,
    /// The most that it pays, if it says so.
    pub pay: Option<Pay>,
    /// It is done from afar altogether.
    pub is_remote: bool,
}

/// What a year pays, before taxes.
#[derive(Clone, Debug, PartialEq)]
pub struct Pay {
    pub yearly: f64,
    /// ISO 4217. Amounts of two currencies are not compared.
    pub currency: String,
}

/// A fitted model without its content.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ModelHead {
    pub version: Uuid,
    pub fitted_at: DateTime<Utc>,
}
