//! Recommended, trending and similar jobs.

mod candidates;
mod dto;
mod hidden;

use jobboard_shared::{
    categories, jobs,
    recommendations::{
        self,
        feedback::{self, Feedback},
        hybrid,
    },
    trending::{self, TrendingFilter, areas::Area},
};
use poem::web::Data;
use poem_openapi::{
    ApiResponse, OpenApi,
    param::{Path, Query},
    payload::Json,
};
use uuid::Uuid;

use self::dto::{FeedbackInput, RecommendationList, SimilarList, TrendingList};
pub(crate) use self::{candidates::CandidatesApi, dto::RecommendationArm, hidden::HiddenJobsApi};
use crate::{
    App,
    auth::{Freelancer, Viewer},
    body::Strict,
    cached,
    problem::{Problem, Result},
    tags::Tag,
};

pub(crate) struct RecommendationsApi;

#[derive(ApiResponse)]
enum FeedbackResponse {
    /// It is noted
    #[oai(status = 204)]
    Noted,
}

fn ten() -> u32 {
    10
}

fn twenty() -> u32 {
    20
}

#[OpenApi(prefix_path = "/api/jobs", tag = "Tag::Recommendations")]
impl RecommendationsApi {
    /// Jobs for me
    ///
    /// Computed from title, skills, places, experience, what the account did with jobs,
    /// what similar people did, and what trends: beforehand, or now where the account did
    /// something since. Where that is not enough, the list goes on with what is trending
    /// in the profile's categories and places, what is trending at all, and the newest
    /// jobs; each result names its step. Jobs applied for or hidden are left out.
    #[oai(
        path = "/recommendations",
        method = "get",
        operation_id = "list_recommendations"
    )]
    async fn recommendations(
        &self,
        app: Data<&App>,
        user: Freelancer,
        /// How many jobs
        #[oai(
            name = "page_size",
            default = "ten",
            validator(minimum(value = "1"), maximum(value = "100"))
        )]
        page_size: Query<u32>,
    ) -> Result<Json<RecommendationList>> {
        let size = page_size.0 as usize;
        let user_id = user.user_id;
        let served =
            recommendations::serving::for_user(&app.db, &app.config, user_id, size).await?;
        let ids: Vec<Uuid> = served.list.iter().map(|one| one.job_id).collect();
        let mut tx = app.begin().await?;
        let summaries = jobs::db::summaries(&mut tx, &ids).await?;
        recommendations::db::mark_viewed(&mut tx, user_id, &ids).await?;
        tx.commit().await?;
        Ok(Json(RecommendationList::new(
            served,
            summaries,
            page_size.0,
        )))
    }

    /// Tell what became of the list
    ///
    /// Which jobs were on the screen, were opened, are not to be shown again. Each counts
    /// once, however often it is told; of jobs that are gone nothing is kept. Hidden jobs
    /// leave all lists of the account at once. Jobs like one that does not interest are
    /// lowered in the lists made from then on.
    #[oai(
        path = "/recommendations/feedback",
        method = "post",
        operation_id = "record_recommendation_feedback"
    )]
    async fn feedback(
        &self,
        app: Data<&App>,
        user: Freelancer,
        body: Strict<FeedbackInput>,
    ) -> Result<FeedbackResponse> {
        let told: Vec<Feedback> = body.0.events.into_iter().map(Into::into).collect();
        let arm = hybrid::arm_of(&app.config.recommendations, user.user_id);
        let mut tx = app.begin().await?;
        feedback::record(&mut tx, user.user_id, arm, &told).await?;
        tx.commit().await?;
        Ok(FeedbackResponse::Noted)
    }

    /// Trending jobs
    ///
    /// By views, saves and applications, which count half after every half-life. A place
    /// that is not known is 422 with `unknown_country` or `unknown_region`.
    #[oai(
        path = "/trending",
        method = "get",
        operation_id = "list_trending_jobs"
    )]
    #[expect(clippy::too_many_arguments, reason = "one for each filter")]
    async fn trending(
        &self,
        app: Data<&App>,
        _viewer: Viewer,
        /// Id, slug or name; the categories below it are included
        #[oai(validator(max_length = 100))]
        category: Query<Option<String>>,
        /// Name or two-letter code
        #[oai(validator(max_length = 100))]
        country: Query<Option<String>>,
        /// The name of a state or province, or of a city of it
        #[oai(validator(max_length = 100))]
        region: Query<Option<String>>,
        is_remote: Query<Option<bool>>,
        /// How many jobs
        #[oai(
            name = "page_size",
            default = "twenty",
            validator(minimum(value = "1"), maximum(value = "100"))
        )]
        page_size: Query<u32>,
    ) -> Result<Json<TrendingList>> {
        let half_life = app.config.trending.half_life;
        let mut conn = app.db.acquire().await?;
        let mut filter = TrendingFilter {
            is_remote: is_remote.0,
            country: country.0.as_deref().map(Area::of_country).transpose()?,
            region: region.0.as_deref().map(Area::of_region).transpose()?,
            ..TrendingFilter::default()
        };
        if let Some(category) = category.0 {
            filter.category_ids = Some(categories::resolve_subtree(&mut conn, &category).await?);
        }
        let list =
            trending::db::list(&mut conn, &filter, i64::from(page_size.0), half_life).await?;
        let ids: Vec<Uuid> = list.iter().map(|one| one.job_id).collect();
        let summaries = jobs::db::summaries(&mut conn, &ids).await?;
        cached::shows(&summaries);
        Ok(Json(TrendingList::new(list, summaries, page_size.0)))
    }

    /// Jobs like this one
    ///
    /// The nearest by title, skills, text, place, field and company. Signed in, those
    /// applied for are left out.
    #[oai(
        path = "/similar/:id",
        method = "get",
        operation_id = "list_similar_jobs"
    )]
    async fn similar(
        &self,
        app: Data<&App>,
        viewer: Viewer,
        id: Path<Uuid>,
        /// How many jobs
        #[oai(
            name = "page_size",
            default = "ten",
            validator(minimum(value = "1"), maximum(value = "100"))
        )]
        page_size: Query<u32>,
    ) -> Result<Json<SimilarList>> {
        let mut conn = app.db.acquire().await?;
        if jobs::db::summaries(&mut conn, &[id.0]).await?.is_empty() {
            return Err(Problem::not_found("job"));
        }
        let viewer = viewer.0.map(|viewer| viewer.user_id);
        let size = i64::from(page_size.0);
        let list = recommendations::db::neighbours(&mut conn, id.0, viewer, size).await?;
        let ids: Vec<Uuid> = list.iter().map(|one| one.job_id).collect();
        let summaries = jobs::db::summaries(&mut conn, &ids).await?;
        Ok(Json(SimilarList::new(list, summaries, page_size.0)))
    }
}
