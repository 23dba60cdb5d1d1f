//! Reported messages, for administrators.

use jobboard_shared::messages::reports;
use poem::web::Data;
use poem_openapi::{
    OpenApi,
    param::{Path, Query},
    payload::Json,
};
use uuid::Uuid;

use super::dto::{MessageReport, MessageReportDecision};
use crate::{
    App,
    auth::Admin,
    body::Strict,
    paging::{CursorParams, Paged},
    problem::Result,
    tags::Tag,
};

pub(crate) struct MessageReportsApi;

#[OpenApi(
    prefix_path = "/api/admin/message-reports",
    tag = "Tag::Administration"
)]
impl MessageReportsApi {
    /// List reported messages
    ///
    /// Newest first.
    #[oai(path = "/", method = "get", operation_id = "list_message_reports")]
    async fn list(
        &self,
        app: Data<&App>,
        _admin: Admin,
        /// Open ones only, or closed ones
        is_open: Query<Option<bool>>,
        paging: CursorParams,
    ) -> Result<Paged<MessageReport>> {
        let paging = paging.0;
        let list = format!("message reports {:?}", is_open.0);
        let page = paging.paging(&app, &list)?;
        let mut conn = app.db.acquire().await?;
        let slice = reports::list(&mut conn, is_open.0, &page).await?;
        Ok(paging.answer(&app, &list, slice, MessageReport::from))
    }

    /// Read a report
    #[oai(path = "/:id", method = "get", operation_id = "get_message_report")]
    async fn get(
        &self,
        app: Data<&App>,
        _admin: Admin,
        id: Path<Uuid>,
    ) -> Result<Json<MessageReport>> {
        let mut conn = app.db.acquire().await?;
        let report = reports::get(&mut conn, id.0).await?;
        Ok(Json(report.into()))
    }

    /// Decide about a report
    ///
    /// Once: `closed` afterwards. The words of a removed message are shown to nobody
    /// but administrators.
    #[oai(
        path = "/:id/close",
        method = "post",
        operation_id = "close_message_report"
    )]
    async fn close(
        &self,
        app: Data<&App>,
        admin: Admin,
        id: Path<Uuid>,
        body: Strict<MessageReportDecision>,
    ) -> Result<Json<MessageReport>> {
        let outcome = body.0.outcome.into();
        let mut tx = app.begin().await?;
        let report = reports::close(&mut tx, id.0, admin.user_id, outcome).await?;
        tx.commit().await?;
        tracing::info!(admin = %admin.user_id, report = %id.0, ?outcome, "report of a message closed");
        Ok(Json(report.into()))
    }
}
