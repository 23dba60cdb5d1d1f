//! Recommended, trending and similar jobs.

mod dto;

use jobboard_shared::{
    categories, jobs, recommendations,
    trending::{self, TrendingFilter},
};
use poem::web::Data;
use poem_openapi::{
    OpenApi,
    param::{Path, Query},
    payload::Json,
};
use uuid::Uuid;

use self::dto::{RecommendationList, SimilarList, TrendingList};
use crate::{
    App,
    auth::{Freelancer, Viewer},
    cached,
    problem::{Problem, Result},
    tags::Tag,
};

pub(crate) struct RecommendationsApi;

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
    /// Computed from title, skills, places, experience and what the account did with
    /// jobs. Where that is not enough, the list goes on with what is trending in the
    /// profile's categories and places, what is trending at all, and the newest jobs;
    /// each result names its step. Jobs applied for are left out.
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
        let half_life = app.config.trending.half_life;
        let size = page_size.0 as usize;
        let mut tx = app.begin().await?;
        let list =
            recommendations::serving::for_user(&mut tx, user.user_id, size, half_life).await?;
        let ids: Vec<Uuid> = list.iter().map(|one| one.job_id).collect();
        let summaries = jobs::db::summaries(&mut tx, &ids).await?;
        recommendations::db::mark_viewed(&mut tx, user.user_id, &ids).await?;
        tx.commit().await?;
        Ok(Json(RecommendationList::new(list, summaries, page_size.0)))
    }

    /// Trending jobs
    ///
    /// By views, saves and applications, which count half after every half-life.
    #[oai(
        path = "/trending",
        method = "get",
        operation_id = "list_trending_jobs"
    )]
    async fn trending(
        &self,
        app: Data<&App>,
        _viewer: Viewer,
        /// Id, slug or name; the categories below it are included
        #[oai(validator(max_length = 100))]
        category: Query<Option<String>>,
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
