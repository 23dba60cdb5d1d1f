//! Moving jobs through their life, and what moved them.

use chrono::{DateTime, Utc};
use jobboard_shared::{
    employers::Actor,
    jobs::{
        JobPatch, JobStatus as Status,
        moves::{self, MoveCause as Cause},
    },
};
use poem::web::Data;
use poem_openapi::{Enum, Object, OpenApi, param::Path, payload::Json};
use uuid::Uuid;

use super::{
    dto::{Job, JobStatus},
    update,
};
use crate::{
    App,
    auth::Manager,
    paging::{PageParams, Paged},
    problem::Result,
    tags::Tag,
};

pub(crate) struct JobMovesApi;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename = "JobMoveCause", rename_all = "snake_case", remote = "Cause")]
enum MoveCause {
    /// Somebody asked for it
    Request,
    /// The time of its publication came
    Schedule,
    /// It expired
    Expiry,
    /// A file said so
    Import,
}

/// A move of a job, on record
#[derive(Debug, Object)]
struct JobMove {
    id: Uuid,
    /// Null, if the job was made in this status
    from_status: Option<JobStatus>,
    to_status: JobStatus,
    cause: MoveCause,
    /// The account that asked for it; null, if none did or it is gone
    changed_by: Option<Uuid>,
    note: String,
    changed_at: DateTime<Utc>,
}

impl From<moves::JobMove> for JobMove {
    fn from(step: moves::JobMove) -> Self {
        Self {
            id: step.id,
            from_status: step.from.map(Into::into),
            to_status: step.to.into(),
            cause: step.cause.into(),
            changed_by: step.changed_by,
            note: step.note,
            changed_at: step.changed_at,
        }
    }
}

#[OpenApi(prefix_path = "/api/jobs", tag = "Tag::Jobs")]
impl JobMovesApi {
    /// Publish a draft, or open a closed job again
    ///
    /// The first publication dates a job; opening it again does not make it new. An
    /// employer who has as many published jobs as the settings allow is refused with
    /// 409 and `max_active_jobs_per_employer`.
    #[oai(path = "/:id/publish", method = "post", operation_id = "publish_job")]
    async fn publish(
        &self,
        app: Data<&App>,
        manager: Manager,
        id: Path<Uuid>,
    ) -> Result<Json<Job>> {
        move_to(&app, manager.actor(), id.0, Status::Published).await
    }

    /// Close a published job
    ///
    /// It takes no more applications and is no longer found.
    #[oai(path = "/:id/close", method = "post", operation_id = "close_job")]
    async fn close(&self, app: Data<&App>, manager: Manager, id: Path<Uuid>) -> Result<Json<Job>> {
        move_to(&app, manager.actor(), id.0, Status::Closed).await
    }

    /// Archive a job for good
    #[oai(path = "/:id/archive", method = "post", operation_id = "archive_job")]
    async fn archive(
        &self,
        app: Data<&App>,
        manager: Manager,
        id: Path<Uuid>,
    ) -> Result<Json<Job>> {
        move_to(&app, manager.actor(), id.0, Status::Archived).await
    }

    /// List the moves of a job
    ///
    /// Newest first; for its employer and administrators.
    #[oai(path = "/:id/history", method = "get", operation_id = "list_job_moves")]
    async fn history(
        &self,
        app: Data<&App>,
        manager: Manager,
        id: Path<Uuid>,
        paging: PageParams,
    ) -> Result<Paged<JobMove>> {
        let list = format!("moves of job {}", id.0);
        let page = paging.paging(&app, &list)?;
        let mut conn = app.db.acquire().await?;
        let slice = moves::history(&mut conn, manager.scope, id.0, &page).await?;
        Ok(paging.answer(&app, &list, slice, JobMove::from))
    }
}

async fn move_to(app: &App, actor: Actor, id: Uuid, status: Status) -> Result<Json<Job>> {
    let patch = JobPatch {
        status: Some(status),
        ..JobPatch::default()
    };
    update(app, actor, id, &patch).await
}
