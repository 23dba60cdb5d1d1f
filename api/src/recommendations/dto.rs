//! Recommended, trending and similar jobs as clients see them.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use jobboard_shared::{
    jobs,
    recommendations::{
        Algorithm, Neighbour, Recommendation, Step,
        feedback::{Feedback, FeedbackKind},
        hybrid::{Arm, Parts},
        lowered::Lowered,
        serving::Served,
    },
    trending::Trending,
};
use poem_openapi::{Enum, Object};
use uuid::Uuid;

use crate::jobs::dto::JobSummary;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case", remote = "Algorithm")]
pub(super) enum AlgorithmType {
    ContentBased,
    Collaborative,
    Hybrid,
    Trending,
}

/// Where a job of the list comes from: computed for this account beforehand; computed
/// now, with what it did since or of its profile alone; trending in a category or place
/// of its profile; trending anywhere; or merely new.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case", remote = "Step")]
pub(super) enum RecommendationStep {
    Stored,
    Live,
    Profile,
    TrendingNearby,
    Trending,
    Newest,
}

/// The way to weigh that an account's lists are made by
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case", remote = "Arm")]
pub(crate) enum RecommendationArm {
    Content,
    Collaborative,
    Hybrid,
    SpecWeights,
    Trending,
}

/// What each source adds to a score, and what is taken from it; all of them add up to it
#[derive(Debug, Object)]
pub(super) struct ScoreShares {
    /// Likeness of job and profile
    content: f64,
    /// What people did who did similar things
    collaborative: f64,
    /// What many do now
    trending: f64,
    /// How lately it was published
    recency: f64,
    /// Likeness to a job that does not interest the account; not above 0
    dislikes: f64,
    /// It pays less than the account asks for, or is remote although it does not want
    /// that; not above 0
    wishes: f64,
}

impl ScoreShares {
    fn of(parts: Parts, lowered: Lowered) -> Self {
        Self {
            content: parts.content,
            collaborative: parts.collaborative,
            trending: parts.trending,
            recency: parts.recency,
            dislikes: lowered.dislikes,
            wishes: lowered.wishes,
        }
    }
}

/// A job for this account
#[derive(Debug, Object)]
pub(super) struct RecommendedJob {
    job: JobSummary,
    /// 0 to 1, in relation to the best job of the same step
    score: f64,
    /// Why this job, in words
    reason: String,
    algorithm_type: AlgorithmType,
    step: RecommendationStep,
    /// Null where the score was not computed for this account
    shares: Option<ScoreShares>,
    /// Whether it was in this list before
    is_viewed: bool,
}

/// Jobs for this account, best first
#[derive(Debug, Object)]
pub(super) struct RecommendationList {
    results: Vec<RecommendedJob>,
    /// Where the list begins; later jobs may come from later steps. Null when empty
    step: Option<RecommendationStep>,
    arm: RecommendationArm,
    /// When the part for this account was computed; null where there is none
    computed_at: Option<DateTime<Utc>>,
    /// The version of the model that it was computed with
    model: Option<Uuid>,
    page_size: u32,
}

impl RecommendationList {
    pub(super) fn new(served: Served, jobs: Vec<jobs::JobSummary>, page_size: u32) -> Self {
        let mut jobs = by_id(jobs);
        let results: Vec<RecommendedJob> = served
            .list
            .into_iter()
            .filter_map(|one: Recommendation| {
                Some(RecommendedJob {
                    job: jobs.remove(&one.job_id)?.into(),
                    score: one.score,
                    reason: one.reason,
                    algorithm_type: one.algorithm.into(),
                    step: one.step.into(),
                    shares: one.shares.map(|parts| ScoreShares::of(parts, one.lowered)),
                    is_viewed: one.is_viewed,
                })
            })
            .collect();
        Self {
            step: results.first().map(|first| first.step),
            results,
            arm: served.arm.into(),
            computed_at: served.computed_at,
            model: served.model,
            page_size,
        }
    }
}

/// An impression (it was on the screen), a click, or a job that is not to be shown
/// again, without a word or because it does not fit
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case", remote = "FeedbackKind")]
pub(super) enum FeedbackType {
    Impression,
    Click,
    Hide,
    NotInterested,
}

/// What became of one job of the list
#[derive(Debug, Object)]
pub(super) struct FeedbackEvent {
    job_id: Uuid,
    kind: FeedbackType,
    /// Its place in the list, from 1
    #[oai(validator(minimum(value = "1"), maximum(value = "1000")))]
    position: Option<i16>,
}

impl From<FeedbackEvent> for Feedback {
    fn from(event: FeedbackEvent) -> Self {
        Self {
            job_id: event.job_id,
            kind: event.kind.into(),
            position: event.position,
        }
    }
}

/// What became of jobs of the list
#[derive(Debug, Object)]
pub(super) struct FeedbackInput {
    #[oai(validator(min_items = 1, max_items = 100))]
    pub(super) events: Vec<FeedbackEvent>,
}

/// A job that many look at, save and apply for
#[derive(Debug, Object)]
pub(super) struct TrendingJob {
    job: JobSummary,
    /// Views, saves and applications, each worth half as much after every half-life
    score: f64,
}

/// Trending jobs, the most wanted first
#[derive(Debug, Object)]
pub(super) struct TrendingList {
    results: Vec<TrendingJob>,
    page_size: u32,
}

impl TrendingList {
    pub(super) fn new(list: Vec<Trending>, jobs: Vec<jobs::JobSummary>, page_size: u32) -> Self {
        let mut jobs = by_id(jobs);
        let results = list
            .into_iter()
            .filter_map(|one| {
                Some(TrendingJob {
                    job: jobs.remove(&one.job_id)?.into(),
                    score: one.score,
                })
            })
            .collect();
        Self { results, page_size }
    }
}

/// A job like another one
#[derive(Debug, Object)]
pub(super) struct SimilarJob {
    job: JobSummary,
    /// 0 to 1
    score: f64,
    /// What the two have in common
    reason: String,
}

/// Jobs like another one, the nearest first
#[derive(Debug, Object)]
pub(super) struct SimilarList {
    results: Vec<SimilarJob>,
    page_size: u32,
}

impl SimilarList {
    pub(super) fn new(list: Vec<Neighbour>, jobs: Vec<jobs::JobSummary>, page_size: u32) -> Self {
        let mut jobs = by_id(jobs);
        let results = list
            .into_iter()
            .filter_map(|one| {
                Some(SimilarJob {
                    job: jobs.remove(&one.job_id)?.into(),
                    score: one.score,
                    reason: one.reason,
                })
            })
            .collect();
        Self { results, page_size }
    }
}

fn by_id(jobs: Vec<jobs::JobSummary>) -> HashMap<Uuid, jobs::JobSummary> {
    jobs.into_iter().map(|job| (job.id, job)).collect()
}
