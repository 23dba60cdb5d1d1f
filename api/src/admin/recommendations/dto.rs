//! Models, runs and arms as administrators see them.

use chrono::{DateTime, Utc};
use jobboard_shared::{
    config,
    recommendations::{
        db::{KeptModel, Run},
        experiment::{ArmReport, Rate, Report},
        hybrid::{Arm, Parts},
    },
};
use poem_openapi::Object;
use uuid::Uuid;

use crate::recommendations::RecommendationArm;

/// What one fit learned
#[derive(Debug, Object)]
pub(super) struct RecommendationModel {
    version: Uuid,
    fitted_at: DateTime<Utc>,
    /// When it was put into use, the last time
    activated_at: DateTime<Utc>,
    jobs: i32,
    terms: i32,
    /// Compressed
    bytes: i32,
    is_active: bool,
}

impl From<KeptModel> for RecommendationModel {
    fn from(model: KeptModel) -> Self {
        Self {
            version: model.version,
            fitted_at: model.fitted_at,
            activated_at: model.activated_at,
            jobs: model.job_count,
            terms: model.term_count,
            bytes: model.bytes,
            is_active: model.is_active,
        }
    }
}

/// The kept models, the newest first
#[derive(Debug, Object)]
pub(super) struct RecommendationModels {
    pub(super) results: Vec<RecommendationModel>,
}

/// A run over all active users and all jobs
#[derive(Debug, Object)]
pub(super) struct RecommendationRun {
    id: i64,
    /// The version of its model
    model: Option<Uuid>,
    /// Tasks in all
    total: i32,
    /// Tasks that wait or run
    remaining: i64,
    /// Tasks that were given up
    dead: i64,
    created_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
}

impl From<Run> for RecommendationRun {
    fn from(run: Run) -> Self {
        Self {
            id: run.id,
            model: run.model,
            total: run.total,
            remaining: run.remaining,
            dead: run.dead,
            created_at: run.created_at,
            ended_at: run.ended_at,
        }
    }
}

/// The last runs, the newest first
#[derive(Debug, Object)]
pub(super) struct RecommendationRuns {
    pub(super) results: Vec<RecommendationRun>,
}

/// A way to weigh
#[derive(Debug, Object)]
pub(super) struct ConfiguredArm {
    name: RecommendationArm,
    /// Of all users
    share: f64,
    content_weight: f64,
    collaborative_weight: f64,
    trending_weight: f64,
    recency_weight: f64,
}

/// All arms, in use or not
#[derive(Debug, Object)]
pub(super) struct ConfiguredArms {
    results: Vec<ConfiguredArm>,
}

impl ConfiguredArms {
    pub(super) fn new(config: &config::Recommendations) -> Self {
        let total: u32 = config.arms.iter().map(|(_, share)| share).sum();
        let configured = Parts::configured(config);
        let results = Arm::ALL
            .into_iter()
            .map(|arm| {
                let own = config.arms.iter().find(|(named, _)| *named == arm);
                let share = own.map_or(0.0, |(_, share)| f64::from(*share));
                let weights = arm.weights(configured);
                ConfiguredArm {
                    name: arm.into(),
                    share: share / f64::from(total.max(1)),
                    content_weight: weights.content,
                    collaborative_weight: weights.collaborative,
                    trending_weight: weights.trending,
                    recency_weight: weights.recency,
                }
            })
            .collect();
        Self { results }
    }
}

/// A share, and between what it probably lies (in 95 of 100 cases)
#[derive(Debug, Object)]
pub(super) struct RateWithInterval {
    value: f64,
    low: f64,
    high: f64,
}

impl From<Rate> for RateWithInterval {
    fn from(rate: Rate) -> Self {
        Self {
            value: rate.value,
            low: rate.low,
            high: rate.high,
        }
    }
}

/// How one arm did
#[derive(Debug, Object)]
pub(super) struct ArmResult {
    arm: RecommendationArm,
    /// Of all users, as configured
    expected_share: f64,
    users: i64,
    /// Jobs shown to somebody; each counts once for each person
    impressions: i64,
    clicks: i64,
    /// Made after the job was shown
    applications: i64,
    hidden: i64,
    /// Of the impressions, with Wilson's interval
    click_rate: RateWithInterval,
    /// Of the impressions, with Wilson's interval
    application_rate: RateWithInterval,
    /// To the first arm, with Newcombe's interval; null for that one
    click_difference: Option<RateWithInterval>,
    /// To the first arm, with Newcombe's interval; null for that one
    application_difference: Option<RateWithInterval>,
}

impl From<ArmReport> for ArmResult {
    fn from(report: ArmReport) -> Self {
        Self {
            arm: report.counts.arm.into(),
            expected_share: report.expected_share,
            users: report.counts.users,
            impressions: report.counts.impressions,
            clicks: report.counts.clicks,
            applications: report.counts.applications,
            hidden: report.counts.hidden,
            click_rate: report.click_rate.into(),
            application_rate: report.application_rate.into(),
            click_difference: report.click_difference.map(Into::into),
            application_difference: report.application_difference.map(Into::into),
        }
    }
}

/// How the arms did beside each other
#[derive(Debug, Object)]
pub(super) struct ExperimentReport {
    days: u16,
    results: Vec<ArmResult>,
    /// How probable such numbers of users by arm are where the configured shares were
    /// kept all the time; null with fewer than two arms
    sample_ratio_p: Option<f64>,
    /// Whether that is so improbable that the other figures are not to be trusted
    is_sample_ratio_mismatch: bool,
}

impl ExperimentReport {
    pub(super) fn new(report: Report, days: u16) -> Self {
        Self {
            days,
            is_sample_ratio_mismatch: report.is_mismatch(),
            sample_ratio_p: report.sample_ratio_p,
            results: report.arms.into_iter().map(Into::into).collect(),
        }
    }
}
