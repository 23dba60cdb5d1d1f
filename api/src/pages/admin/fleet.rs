//! Workers, schedule and batches.

use jobboard_shared::queue::db::operate as db;
use minijinja::{context, value::Serde};
use poem::{Request, Response, handler, web::Data};

use super::{for_admin, invalid_cursor, paging, query};
use crate::{App, problem::Result};

#[handler]
pub(super) async fn workers(app: Data<&App>, request: &Request) -> Result<Response> {
    for_admin(&app, request, async |visit| {
        let mut conn = app.db.acquire().await?;
        let workers = db::workers(&mut conn).await?;
        let values = context! { workers => Serde(workers) };
        visit.page("admin/workers.html", values)
    })
    .await
}

#[handler]
pub(super) async fn schedule(app: Data<&App>, request: &Request) -> Result<Response> {
    for_admin(&app, request, async |visit| {
        let mut conn = app.db.acquire().await?;
        let lines = db::schedule(&mut conn).await?;
        let now = db::now(&mut conn).await?;
        let values = context! {
            lines => Serde(lines),
            now => Serde(now),
        };
        visit.page("admin/schedule.html", values)
    })
    .await
}

#[handler]
pub(super) async fn batches(app: Data<&App>, request: &Request) -> Result<Response> {
    for_admin(&app, request, async |visit| {
        let fields = query(request);
        let after = fields.get("after").map(str::parse).transpose();
        let after = after.map_err(|_| invalid_cursor("is not the number of a batch"))?;
        let mut conn = app.db.acquire().await?;
        let slice = db::batches(&mut conn, &paging(after)).await?;
        let now = db::now(&mut conn).await?;
        let values = context! {
            batches => Serde(slice.rows),
            next => slice.next,
            now => Serde(now),
        };
        visit.page("admin/batches.html", values)
    })
    .await
}
