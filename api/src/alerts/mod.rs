//! Job alerts of job seekers.

mod dto;

use jobboard_shared::alerts;
use poem::web::Data;
use poem_openapi::{OpenApi, param::Path, payload::Json};
use uuid::Uuid;

use self::dto::{AlertInput, JobAlert};
use crate::{
    App,
    answers::{Created, Deleted},
    auth::Freelancer,
    body::Strict,
    paging::{PageParams, Paged},
    patch::Partial,
    problem::Result,
    tags::Tag,
};

pub(crate) struct AlertsApi;

const LIST: &str = "job alerts";

#[OpenApi(prefix_path = "/api/alerts", tag = "Tag::Alerts")]
impl AlertsApi {
    /// List the own alerts
    ///
    /// Newest first.
    #[oai(path = "/", method = "get", operation_id = "list_alerts")]
    async fn list(
        &self,
        app: Data<&App>,
        user: Freelancer,
        paging: PageParams,
    ) -> Result<Paged<JobAlert>> {
        let page = paging.paging(&app, LIST)?;
        let mut conn = app.db.acquire().await?;
        let slice = alerts::list(&mut conn, user.user_id, &page).await?;
        Ok(paging.answer(&app, LIST, slice, JobAlert::from))
    }

    /// Create an alert
    ///
    /// The search is that of `GET /api/jobs/search/` with the same parameters; those of
    /// the publication time are left out, as jobs to come are new. One that nothing
    /// narrows is refused with `no_filter`. So many as the settings allow, then 409
    /// with `max_alerts`.
    #[oai(path = "/", method = "post", operation_id = "create_alert")]
    async fn create(
        &self,
        app: Data<&App>,
        user: Freelancer,
        body: Strict<AlertInput>,
    ) -> Result<Created<JobAlert>> {
        let mut tx = app.begin().await?;
        let now = app.clock.now();
        let alert = alerts::create(&mut tx, now, user.user_id, &body.0.into()).await?;
        tx.commit().await?;
        let alert = JobAlert::from(alert);
        let address = alert.address();
        Ok(Created::Created(Json(alert), address))
    }

    /// Read an own alert
    #[oai(path = "/:id", method = "get", operation_id = "get_alert")]
    async fn get(
        &self,
        app: Data<&App>,
        user: Freelancer,
        id: Path<Uuid>,
    ) -> Result<Json<JobAlert>> {
        let mut conn = app.db.acquire().await?;
        let alert = alerts::get(&mut conn, user.user_id, id.0).await?;
        Ok(Json(alert.into()))
    }

    /// Replace an own alert
    ///
    /// What is left out takes its default. Jobs that were there before another search, or
    /// came while the alert was paused, are not told of.
    #[oai(path = "/:id", method = "put", operation_id = "replace_alert")]
    async fn replace(
        &self,
        app: Data<&App>,
        user: Freelancer,
        id: Path<Uuid>,
        body: Strict<AlertInput>,
    ) -> Result<Json<JobAlert>> {
        let mut tx = app.begin().await?;
        let now = app.clock.now();
        let alert = alerts::update(&mut tx, now, user.user_id, id.0, &body.0.into()).await?;
        tx.commit().await?;
        Ok(Json(alert.into()))
    }

    /// Change an own alert
    ///
    /// `is_paused` pauses and resumes it.
    #[oai(path = "/:id", method = "patch", operation_id = "change_alert")]
    async fn change(
        &self,
        app: Data<&App>,
        user: Freelancer,
        id: Path<Uuid>,
        body: Strict<Partial<AlertInput>>,
    ) -> Result<Json<JobAlert>> {
        let mut tx = app.begin().await?;
        let present = alerts::lock(&mut tx, user.user_id, id.0).await?;
        let whole = body.0.over(&JobAlert::from(present))?;
        let now = app.clock.now();
        let alert = alerts::update(&mut tx, now, user.user_id, id.0, &whole.into()).await?;
        tx.commit().await?;
        Ok(Json(alert.into()))
    }

    /// Remove an own alert
    ///
    /// What it has found and not told yet goes with it.
    #[oai(path = "/:id", method = "delete", operation_id = "remove_alert")]
    async fn remove(&self, app: Data<&App>, user: Freelancer, id: Path<Uuid>) -> Result<Deleted> {
        let mut tx = app.begin().await?;
        alerts::remove(&mut tx, user.user_id, id.0).await?;
        tx.commit().await?;
        Ok(Deleted::Deleted)
    }
}
