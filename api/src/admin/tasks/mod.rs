//! Operating the background tasks: the same words as the commands and the page.

mod dto;
mod fleet;
mod mails;
mod queues;
mod suppressions;

use jobboard_shared::queue::{
    TaskId,
    db::operate::{self as db, DeadFilter, TaskFilter},
    operate::{self, Operator},
};
use poem::web::Data;
use poem_openapi::{
    OpenApi,
    param::{Path, Query},
    payload::Json,
};

use self::dto::{ChangedTasks, DeadTasks, State, TaskDetailView, TaskView};
pub(crate) use self::{
    fleet::FleetApi, mails::MailsApi, queues::QueuesApi, suppressions::SuppressionsApi,
};
use crate::{
    App,
    auth::Admin,
    body::Strict,
    paging::{CursorParams, Paged},
    problem::{Problem, Result},
    tags::Tag,
};

impl From<Admin> for Operator {
    fn from(admin: Admin) -> Self {
        Self::Admin(admin.user_id)
    }
}

pub(crate) struct TasksApi;

#[OpenApi(prefix_path = "/api/admin/tasks", tag = "Tag::Tasks")]
impl TasksApi {
    /// List tasks of a state
    ///
    /// Those that wait come in the order in which they will run, all others with
    /// the newest first. A page may be short, even empty, where few of very many
    /// tasks fit the filter: the list ends where `next_cursor` is null.
    #[oai(path = "/", method = "get", operation_id = "list_tasks")]
    async fn list(
        &self,
        app: Data<&App>,
        _admin: Admin,
        paging: CursorParams,
        #[oai(default = "dead")] state: Query<State>,
        #[oai(validator(max_length = 100))] queue: Query<Option<String>>,
        #[oai(validator(max_length = 100))] kind: Query<Option<String>>,
    ) -> Result<Paged<TaskView>> {
        let (state, paging) = (state.0.into(), paging.0);
        let filter = TaskFilter {
            queue: queue.0,
            kind: kind.0,
        };
        let list = format!("tasks {state:?} {filter:?}");
        let page = paging.paging(&app, &list)?;
        let mut tx = app.begin().await?;
        db::look_only(&mut tx).await?;
        let slice = db::list(&mut tx, state, &filter, &page).await?;
        tx.commit().await?;
        Ok(paging.answer(&app, &list, slice, TaskView::from))
    }

    /// Read a task
    ///
    /// Whatever became of it, as long as it is remembered.
    #[oai(path = "/:id", method = "get", operation_id = "get_task")]
    async fn get(
        &self,
        app: Data<&App>,
        _admin: Admin,
        id: Path<i64>,
    ) -> Result<Json<TaskDetailView>> {
        let mut conn = app.db.acquire().await?;
        show(&mut conn, TaskId(id.0)).await
    }

    /// Run a dead task again
    ///
    /// At once, with all attempts before it; its errors stay. Where a pending
    /// task has the same unique key it merges into that one, whose id the answer
    /// has.
    #[oai(path = "/:id/retry", method = "post", operation_id = "retry_task")]
    async fn retry(
        &self,
        app: Data<&App>,
        admin: Admin,
        id: Path<i64>,
    ) -> Result<Json<TaskDetailView>> {
        let mut conn = app.db.acquire().await?;
        let retried = operate::retry(&mut conn, admin.into(), TaskId(id.0)).await?;
        show(&mut conn, retried.runs_as).await
    }

    /// Give a dead task up
    #[oai(path = "/:id/discard", method = "post", operation_id = "discard_task")]
    async fn discard(
        &self,
        app: Data<&App>,
        admin: Admin,
        id: Path<i64>,
    ) -> Result<Json<TaskDetailView>> {
        let mut conn = app.db.acquire().await?;
        operate::discard(&mut conn, admin.into(), TaskId(id.0)).await?;
        show(&mut conn, TaskId(id.0)).await
    }

    /// Cancel a task
    ///
    /// At once where it waits. Where it runs its worker is told and stops it at the
    /// next chance, which `cancel_requested_at` says; a run that ends all the same
    /// before that is finished.
    #[oai(path = "/:id/cancel", method = "post", operation_id = "cancel_task")]
    async fn cancel(
        &self,
        app: Data<&App>,
        admin: Admin,
        id: Path<i64>,
    ) -> Result<Json<TaskDetailView>> {
        let mut conn = app.db.acquire().await?;
        operate::cancel(&mut conn, admin.into(), TaskId(id.0)).await?;
        show(&mut conn, TaskId(id.0)).await
    }

    /// Run a waiting task now
    ///
    /// Out of its delay, or of the pause after a failure. A paused or limited
    /// queue stays so.
    #[oai(path = "/:id/run-now", method = "post", operation_id = "run_task_now")]
    async fn run_now(
        &self,
        app: Data<&App>,
        admin: Admin,
        id: Path<i64>,
    ) -> Result<Json<TaskDetailView>> {
        let mut conn = app.db.acquire().await?;
        operate::run_now(&mut conn, admin.into(), TaskId(id.0)).await?;
        show(&mut conn, TaskId(id.0)).await
    }

    /// Run dead tasks again
    ///
    /// All that fit, those that died first; at most 500 in one call, which says
    /// how many are left.
    #[oai(path = "/retry", method = "post", operation_id = "retry_tasks")]
    async fn retry_many(
        &self,
        app: Data<&App>,
        admin: Admin,
        body: Strict<DeadTasks>,
    ) -> Result<Json<ChangedTasks>> {
        let filter = DeadFilter::from(body.0);
        let mut conn = app.db.acquire().await?;
        let bulk = operate::retry_many(&mut conn, admin.into(), &filter).await?;
        Ok(Json(bulk.into()))
    }

    /// Give dead tasks up
    ///
    /// All that fit, those that died first; at most 500 in one call, which says
    /// how many are left.
    #[oai(path = "/discard", method = "post", operation_id = "discard_tasks")]
    async fn discard_many(
        &self,
        app: Data<&App>,
        admin: Admin,
        body: Strict<DeadTasks>,
    ) -> Result<Json<ChangedTasks>> {
        let filter = DeadFilter::from(body.0);
        let mut conn = app.db.acquire().await?;
        let bulk = operate::discard_many(&mut conn, admin.into(), &filter).await?;
        Ok(Json(bulk.into()))
    }
}

fn dead() -> State {
    State::Dead
}

async fn show(conn: &mut sqlx::PgConnection, id: TaskId) -> Result<Json<TaskDetailView>> {
    let task = db::find(conn, id).await?;
    let task = task.ok_or_else(|| Problem::not_found("task"))?;
    Ok(Json(task.into()))
}
