//! Queues: how they are, and how much of them runs.

use jobboard_shared::queue::{
    db::operate as db,
    operate::{self, Operator, QueueOverview},
};
use poem::web::Data;
use poem_openapi::{OpenApi, param::Path, payload::Json};
use sqlx::Connection;

use super::dto::{QueueLimits, QueueList, QueueView};
use crate::{
    App,
    auth::Admin,
    body::Strict,
    problem::{Problem, Result},
    tags::Tag,
};

pub(crate) struct QueuesApi;

#[OpenApi(prefix_path = "/api/admin/tasks/queues", tag = "Tag::Tasks")]
impl QueuesApi {
    /// List queues
    ///
    /// How much waits, runs and is dead, how old the oldest is, and how fast it
    /// went over the last five minutes.
    #[oai(path = "/", method = "get", operation_id = "list_queues")]
    async fn list(&self, app: Data<&App>, _admin: Admin) -> Result<Json<QueueList>> {
        let results = overview(&app).await?;
        let results = results.into_iter().map(QueueView::from).collect();
        Ok(Json(QueueList { results }))
    }

    /// Pause a queue
    ///
    /// Nothing of it starts from now on; what runs goes on.
    #[oai(path = "/:queue/pause", method = "post", operation_id = "pause_queue")]
    async fn pause(
        &self,
        app: Data<&App>,
        admin: Admin,
        queue: Path<String>,
    ) -> Result<Json<QueueView>> {
        pause(&app, admin, &queue.0).await
    }

    /// Resume a queue
    #[oai(
        path = "/:queue/resume",
        method = "post",
        operation_id = "resume_queue"
    )]
    async fn resume(
        &self,
        app: Data<&App>,
        admin: Admin,
        queue: Path<String>,
    ) -> Result<Json<QueueView>> {
        let mut conn = app.db.acquire().await?;
        operate::resume(&mut conn, Operator::from(admin), &queue.0).await?;
        drop(conn);
        show(&app, &queue.0).await
    }

    /// Drain a queue
    ///
    /// Pauses it. It is drained when its `running` is 0: ask again until then.
    #[oai(path = "/:queue/drain", method = "post", operation_id = "drain_queue")]
    async fn drain(
        &self,
        app: Data<&App>,
        admin: Admin,
        queue: Path<String>,
    ) -> Result<Json<QueueView>> {
        pause(&app, admin, &queue.0).await
    }

    /// Limit a queue
    ///
    /// Over all workers together. What is not given is not limited.
    #[oai(path = "/:queue/limits", method = "put", operation_id = "limit_queue")]
    async fn limit(
        &self,
        app: Data<&App>,
        admin: Admin,
        queue: Path<String>,
        body: Strict<QueueLimits>,
    ) -> Result<Json<QueueView>> {
        let limits = body.0.parse()?;
        let mut conn = app.db.acquire().await?;
        operate::set_limits(&mut conn, Operator::from(admin), &queue.0, limits).await?;
        drop(conn);
        show(&app, &queue.0).await
    }
}

async fn pause(app: &App, admin: Admin, queue: &str) -> Result<Json<QueueView>> {
    let mut conn = app.db.acquire().await?;
    operate::pause(&mut conn, Operator::from(admin), queue).await?;
    drop(conn);
    show(app, queue).await
}

async fn overview(app: &App) -> Result<Vec<QueueOverview>> {
    // Not the transaction of a change: it marks the request's `Idempotency-Key`, which
    // one that only looks cannot.
    let mut conn = app.db.acquire().await?;
    let mut tx = conn.begin().await?;
    db::look_only(&mut tx).await?;
    let queues = operate::overview(&mut tx).await?;
    tx.commit().await?;
    Ok(queues)
}

async fn show(app: &App, queue: &str) -> Result<Json<QueueView>> {
    overview(app)
        .await?
        .into_iter()
        .find(|one| one.depth.queue == queue)
        .map(|one| Json(one.into()))
        .ok_or_else(|| Problem::not_found("queue"))
}
