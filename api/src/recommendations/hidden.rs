//! The jobs that the account does not want to be shown again.

use chrono::{DateTime, Utc};
use jobboard_shared::recommendations::{
    db,
    feedback::{self, HidingReason},
};
use poem::web::Data;
use poem_openapi::{Enum, Object, OpenApi, param::Path};
use uuid::Uuid;

use crate::{
    App,
    answers::Deleted,
    auth::Freelancer,
    paging::{PageParams, Paged},
    problem::Result,
    tags::Tag,
};

pub(crate) struct HiddenJobsApi;

/// Without a word, or because it does not fit: then jobs alike are lowered too
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(
    rename = "HidingReason",
    rename_all = "snake_case",
    remote = "HidingReason"
)]
enum Reason {
    Hidden,
    NotInterested,
}

/// A job that is not shown to the account
#[derive(Debug, Object)]
struct HiddenJob {
    job_id: Uuid,
    title: String,
    company_name: String,
    reason: Reason,
    hidden_at: DateTime<Utc>,
}

impl From<feedback::HiddenJob> for HiddenJob {
    fn from(hidden: feedback::HiddenJob) -> Self {
        Self {
            job_id: hidden.job_id,
            title: hidden.title,
            company_name: hidden.company_name,
            reason: hidden.reason.into(),
            hidden_at: hidden.hidden_at,
        }
    }
}

#[OpenApi(prefix_path = "/api/jobs/hidden", tag = "Tag::Recommendations")]
impl HiddenJobsApi {
    /// List the own hidden jobs
    ///
    /// The latest first, whatever became of the jobs since. They are hidden by
    /// `POST /api/jobs/recommendations/feedback/`.
    #[oai(path = "/", method = "get", operation_id = "list_hidden_jobs")]
    async fn list(
        &self,
        app: Data<&App>,
        user: Freelancer,
        paging: PageParams,
    ) -> Result<Paged<HiddenJob>> {
        let list = format!("hidden jobs {}", user.user_id);
        let page = paging.paging(&app, &list)?;
        let mut conn = app.db.acquire().await?;
        let slice = db::hidden(&mut conn, user.user_id, &page).await?;
        Ok(paging.answer(&app, &list, slice, HiddenJob::from))
    }

    /// Show a hidden job again
    #[oai(path = "/:job_id", method = "delete", operation_id = "unhide_job")]
    async fn unhide(
        &self,
        app: Data<&App>,
        user: Freelancer,
        job_id: Path<Uuid>,
    ) -> Result<Deleted> {
        let mut tx = app.begin().await?;
        db::unhide(&mut tx, user.user_id, job_id.0).await?;
        tx.commit().await?;
        Ok(Deleted::Deleted)
    }
}
