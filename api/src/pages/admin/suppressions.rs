//! Accounts whose mail server has said that there is no such mailbox.

use jobboard_shared::{
    notifications::db,
    queue::{db::operate::now, operate},
};
use minijinja::{context, value::Serde};
use poem::{
    Body, Request, Response, handler,
    web::{Data, Path},
};
use uuid::Uuid;

use super::{done, for_admin, not_found, query, see_other, session::form_of};
use crate::{App, problem::Result};

/// The API lists more of them.
const MOST_SHOWN: u16 = 200;

#[handler]
pub(super) async fn list(app: Data<&App>, request: &Request) -> Result<Response> {
    for_admin(&app, request, async |visit| {
        let mut conn = app.db.acquire().await?;
        let suppressions = db::list_suppressions(&mut conn, MOST_SHOWN).await?;
        let now = now(&mut conn).await?;
        visit.page(
            "admin/suppressions.html",
            context! {
                most => MOST_SHOWN,
                suppressions => Serde(suppressions),
                now => Serde(now),
                done => done(&query(request)),
            },
        )
    })
    .await
}

#[handler]
pub(super) async fn lift(
    app: Data<&App>,
    request: &Request,
    Path(id): Path<String>,
    body: Body,
) -> Result<Response> {
    for_admin(&app, request, async |visit| {
        form_of(&app, visit, body).await?;
        let id = Uuid::try_parse(&id).map_err(|_| not_found())?;
        let mut conn = app.db.acquire().await?;
        operate::lift_suppression(&mut conn, visit.operator(), id).await?;
        Ok(see_other("/admin/tasks/suppressions/?done=lift"))
    })
    .await
}
