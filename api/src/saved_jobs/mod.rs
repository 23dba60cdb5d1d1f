//! Jobs that job seekers keep for later.

mod dto;

use jobboard_shared::saved_jobs;
use poem::web::Data;
use poem_openapi::{
    ApiResponse, OpenApi,
    param::{Path, Query},
    payload::Json,
};
use uuid::Uuid;

use self::dto::{NotesPatchInput, SaveInput, SavedJob};
use crate::{
    App,
    answers::Deleted,
    auth::Freelancer,
    body::Strict,
    paging::{PageParams, Paged},
    problem::Result,
    tags::Tag,
};

pub(crate) struct SavedJobsApi;

#[derive(ApiResponse)]
enum SaveResponse {
    /// The job is saved
    #[oai(status = 201)]
    Saved(Json<SavedJob>),
}

#[OpenApi(prefix_path = "/api/jobs/saved", tag = "Tag::Jobs")]
impl SavedJobsApi {
    /// List the own saved jobs
    ///
    /// Newest first, whatever became of the jobs since.
    #[oai(path = "/", method = "get", operation_id = "list_saved_jobs")]
    async fn list(
        &self,
        app: Data<&App>,
        user: Freelancer,
        paging: PageParams,
        /// With this tag only
        #[oai(validator(max_length = 50))]
        tag: Query<Option<String>>,
    ) -> Result<Paged<SavedJob>> {
        let list = format!("saved jobs {:?}", tag.0);
        let page = paging.paging(&app, &list)?;
        let mut conn = app.db.acquire().await?;
        let slice = saved_jobs::list(&mut conn, user.user_id, tag.0.as_deref(), &page).await?;
        Ok(paging.answer(&app, &list, slice, SavedJob::from))
    }

    /// Save a job
    ///
    /// Once, while it is open; so many as the settings allow, then 409 with
    /// `max_saved_jobs`.
    #[oai(path = "/", method = "post", operation_id = "save_job")]
    async fn save(
        &self,
        app: Data<&App>,
        user: Freelancer,
        body: Strict<SaveInput>,
    ) -> Result<SaveResponse> {
        let (job_id, notes) = body.0.split();
        let mut tx = app.begin().await?;
        let saved = saved_jobs::save(&mut tx, user.user_id, job_id, &notes).await?;
        tx.commit().await?;
        Ok(SaveResponse::Saved(Json(saved.into())))
    }

    /// Read a saved job
    #[oai(path = "/:job_id", method = "get", operation_id = "get_saved_job")]
    async fn get(
        &self,
        app: Data<&App>,
        user: Freelancer,
        job_id: Path<Uuid>,
    ) -> Result<Json<SavedJob>> {
        let mut conn = app.db.acquire().await?;
        let saved = saved_jobs::get(&mut conn, user.user_id, job_id.0).await?;
        Ok(Json(saved.into()))
    }

    /// Change the notes on a saved job
    #[oai(path = "/:job_id", method = "patch", operation_id = "update_saved_job")]
    async fn update(
        &self,
        app: Data<&App>,
        user: Freelancer,
        job_id: Path<Uuid>,
        body: Strict<NotesPatchInput>,
    ) -> Result<Json<SavedJob>> {
        let mut tx = app.begin().await?;
        let saved = saved_jobs::update(&mut tx, user.user_id, job_id.0, body.0.into()).await?;
        tx.commit().await?;
        Ok(Json(saved.into()))
    }

    /// Forget a saved job
    #[oai(
        path = "/:job_id",
        method = "delete",
        operation_id = "forget_saved_job"
    )]
    async fn remove(
        &self,
        app: Data<&App>,
        user: Freelancer,
        job_id: Path<Uuid>,
    ) -> Result<Deleted> {
        let mut tx = app.begin().await?;
        saved_jobs::remove(&mut tx, user.user_id, job_id.0).await?;
        tx.commit().await?;
        Ok(Deleted::Deleted)
    }
}
