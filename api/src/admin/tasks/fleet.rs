//! Workers, schedule and batches.

use jobboard_shared::queue::db::operate as db;
use poem::web::Data;
use poem_openapi::{OpenApi, payload::Json};

use super::dto::{BatchView, ScheduleLineView, ScheduleList, WorkerList, WorkerView};
use crate::{
    App,
    auth::Admin,
    paging::{CursorParams, Paged},
    problem::Result,
    tags::Tag,
};

pub(crate) struct FleetApi;

#[OpenApi(prefix_path = "/api/admin/tasks", tag = "Tag::Tasks")]
impl FleetApi {
    /// List workers
    ///
    /// The processes that have lately given a sign of life.
    #[oai(path = "/workers", method = "get", operation_id = "list_workers")]
    async fn workers(&self, app: Data<&App>, _admin: Admin) -> Result<Json<WorkerList>> {
        let mut conn = app.db.acquire().await?;
        let workers = db::workers(&mut conn).await?;
        let results = workers.into_iter().map(WorkerView::from).collect();
        Ok(Json(WorkerList { results }))
    }

    /// List the schedule
    #[oai(path = "/schedule", method = "get", operation_id = "list_schedule")]
    async fn schedule(&self, app: Data<&App>, _admin: Admin) -> Result<Json<ScheduleList>> {
        let mut conn = app.db.acquire().await?;
        let lines = db::schedule(&mut conn).await?;
        let results = lines.into_iter().map(ScheduleLineView::from).collect();
        Ok(Json(ScheduleList { results }))
    }

    /// List batches
    ///
    /// Groups of tasks and how far they are, the newest first.
    #[oai(path = "/batches", method = "get", operation_id = "list_batches")]
    async fn batches(
        &self,
        app: Data<&App>,
        _admin: Admin,
        paging: CursorParams,
    ) -> Result<Paged<BatchView>> {
        let paging = paging.0;
        let page = paging.paging(&app, "batches")?;
        let mut conn = app.db.acquire().await?;
        let slice = db::batches(&mut conn, &page).await?;
        Ok(paging.answer(&app, "batches", slice, BatchView::from))
    }
}
