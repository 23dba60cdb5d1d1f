//! Mails that did not arrive, or perhaps did.

use jobboard_shared::queue::operate::{self, Operator};
use poem::web::Data;
use poem_openapi::{
    OpenApi,
    param::{Path, Query},
    payload::Json,
};
use uuid::Uuid;

use super::dto::{ResentMail, UnsentMailView, UnsentStatus};
use crate::{
    App,
    auth::Admin,
    paging::{CursorParams, Paged},
    problem::Result,
    tags::Tag,
};

pub(crate) struct MailsApi;

#[OpenApi(prefix_path = "/api/admin/tasks/mails", tag = "Tag::Tasks")]
impl MailsApi {
    /// List mails that did not certainly arrive
    ///
    /// The newest first. `unknown` are those that the mail server was told whole and
    /// did not answer: they may have arrived, and are not tried again by themselves.
    #[oai(path = "/", method = "get", operation_id = "list_unsent_mails")]
    async fn list(
        &self,
        app: Data<&App>,
        _admin: Admin,
        paging: CursorParams,
        #[oai(default = "unknown")] status: Query<UnsentStatus>,
    ) -> Result<Paged<UnsentMailView>> {
        let (status, paging) = (status.0.into(), paging.0);
        let list = format!("mails {status:?}");
        let page = paging.paging(&app, &list)?;
        let mut conn = app.db.acquire().await?;
        let slice = operate::unsent_mails(&mut conn, status, &page).await?;
        Ok(paging.answer(&app, &list, slice, UnsentMailView::from))
    }

    /// Send a mail again
    ///
    /// With the same Message-ID. Only mails that are unknown or dead, to an address
    /// that is not suppressed.
    #[oai(path = "/:id/resend", method = "post", operation_id = "resend_mail")]
    async fn resend(
        &self,
        app: Data<&App>,
        admin: Admin,
        id: Path<Uuid>,
    ) -> Result<Json<ResentMail>> {
        let mut conn = app.db.acquire().await?;
        let task = operate::resend_mail(&mut conn, Operator::from(admin), id.0).await?;
        Ok(Json(ResentMail { task_id: task.0 }))
    }
}

fn unknown() -> UnsentStatus {
    UnsentStatus::Unknown
}
