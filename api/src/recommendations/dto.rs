//! Recommended, trending and similar jobs as clients see them.

use std::collections::HashMap;

use jobboard_shared::{
    jobs,
    recommendations::{Algorithm, Neighbour, Recommendation, Step},
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

/// Where a job of the list comes from: computed for this account; trending in a
/// category or place of its profile; trending anywhere; or merely new.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case", remote = "Step")]
pub(super) enum RecommendationStep {
    Stored,
    TrendingNearby,
    Trending,
    Newest,
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
    /// Whether it was in this list before
    is_viewed: bool,
}

/// Jobs for this account, best first
#[derive(Debug, Object)]
pub(super) struct RecommendationList {
    results: Vec<RecommendedJob>,
    /// Where the list begins; later jobs may come from later steps. Null when empty
    step: Option<RecommendationStep>,
    page_size: u32,
}

impl RecommendationList {
    pub(super) fn new(
        list: Vec<Recommendation>,
        jobs: Vec<jobs::JobSummary>,
        page_size: u32,
    ) -> Self {
        let mut jobs = by_id(jobs);
        let results: Vec<RecommendedJob> = list
            .into_iter()
            .filter_map(|one| {
                Some(RecommendedJob {
                    job: jobs.remove(&one.job_id)?.into(),
                    score: one.score,
                    reason: one.reason,
                    algorithm_type: one.algorithm.into(),
                    step: one.step.into(),
                    is_viewed: one.is_viewed,
                })
            })
            .collect();
        Self {
            step: results.first().map(|first| first.step),
            results,
            page_size,
        }
    }
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
