//! Models, runs and arms of the recommendations, for administrators.

mod dto;

use jobboard_shared::{
    queue,
    recommendations::{db, experiment::Report, tasks::Plan},
};
use poem::web::Data;
use poem_openapi::{
    ApiResponse, OpenApi,
    param::{Path, Query},
    payload::Json,
};
use uuid::Uuid;

use self::dto::{ConfiguredArms, ExperimentReport, RecommendationModels, RecommendationRuns};
use crate::{
    App,
    auth::Admin,
    problem::{Problem, Result},
    tags::Tag,
};

pub(crate) struct RecommendationsApi;

/// Runs that are listed.
const MOST_RUNS: i64 = 50;

#[derive(ApiResponse)]
enum RunResponse {
    /// A run will begin
    #[oai(status = 202)]
    Planned,
}

fn thirty() -> u16 {
    30
}

#[OpenApi(
    prefix_path = "/api/admin/recommendations",
    tag = "Tag::Administration"
)]
impl RecommendationsApi {
    /// List models
    ///
    /// The last five, the newest first. The one activated last is in use.
    #[oai(
        path = "/models",
        method = "get",
        operation_id = "list_recommendation_models"
    )]
    async fn models(&self, app: Data<&App>, _admin: Admin) -> Result<Json<RecommendationModels>> {
        let mut conn = app.db.acquire().await?;
        let models = db::kept_models(&mut conn).await?;
        let results = models.into_iter().map(Into::into).collect();
        Ok(Json(RecommendationModels { results }))
    }

    /// Go back to a model
    ///
    /// Puts a kept model into use, until the next fit: for lists made on request from now
    /// on; stored lists stay until they expire or are made anew.
    #[oai(
        path = "/models/:version/activate",
        method = "post",
        operation_id = "activate_recommendation_model"
    )]
    async fn activate(
        &self,
        app: Data<&App>,
        admin: Admin,
        version: Path<Uuid>,
    ) -> Result<Json<RecommendationModels>> {
        let mut tx = app.begin().await?;
        if !db::activate_model(&mut tx, version.0).await? {
            return Err(Problem::not_found("model"));
        }
        let models = db::kept_models(&mut tx).await?;
        tx.commit().await?;
        tracing::info!(version = %version.0, admin = %admin.user_id, "older model put into use");
        let results = models.into_iter().map(Into::into).collect();
        Ok(Json(RecommendationModels { results }))
    }

    /// List runs
    ///
    /// Over all active users and all jobs, with their progress; the newest first.
    #[oai(
        path = "/runs",
        method = "get",
        operation_id = "list_recommendation_runs"
    )]
    async fn runs(&self, app: Data<&App>, _admin: Admin) -> Result<Json<RecommendationRuns>> {
        let mut conn = app.db.acquire().await?;
        let runs = db::runs(&mut conn, MOST_RUNS).await?;
        let results = runs.into_iter().map(Into::into).collect();
        Ok(Json(RecommendationRuns { results }))
    }

    /// Begin a run
    ///
    /// Fits a model and makes all lists anew, in the background. One that waits already is
    /// not doubled.
    #[oai(
        path = "/runs",
        method = "post",
        operation_id = "start_recommendation_run"
    )]
    async fn run(&self, app: Data<&App>, _admin: Admin) -> Result<RunResponse> {
        let mut tx = app.begin().await?;
        queue::enqueue(&mut tx, &Plan::default()).await?;
        tx.commit().await?;
        Ok(RunResponse::Planned)
    }

    /// List arms
    ///
    /// The ways to weigh, and how many of all users get each.
    #[oai(
        path = "/arms",
        method = "get",
        operation_id = "list_recommendation_arms"
    )]
    async fn arms(&self, app: Data<&App>, _admin: Admin) -> Result<Json<ConfiguredArms>> {
        Ok(Json(ConfiguredArms::new(&app.config.recommendations)))
    }

    /// Compare arms
    ///
    /// Of what was shown first in the last days, as clients told it: how much of it was
    /// opened and applied for, by arm. People see several jobs, so the intervals are
    /// somewhat narrow.
    #[oai(
        path = "/experiment",
        method = "get",
        operation_id = "get_recommendation_experiment"
    )]
    async fn experiment(
        &self,
        app: Data<&App>,
        _admin: Admin,
        #[oai(
            default = "thirty",
            validator(minimum(value = "1"), maximum(value = "90"))
        )]
        days: Query<u16>,
    ) -> Result<Json<ExperimentReport>> {
        let mut conn = app.db.acquire().await?;
        let counts = db::arm_counts(&mut conn, i32::from(days.0)).await?;
        let report = Report::new(&app.config.recommendations.arms, &counts);
        Ok(Json(ExperimentReport::new(report, days.0)))
    }
}
