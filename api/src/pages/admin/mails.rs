//! Mails that did not arrive, or perhaps did.

use jobboard_shared::queue::{
    db::operate as db,
    operate::{self, Unsent},
};
use minijinja::{context, value::Serde};
use poem::{
    Body, Request, Response, handler,
    web::{Data, Path},
};
use uuid::Uuid;

use super::{
    done, for_admin, invalid_cursor, not_found, paging, query, see_other, session::form_of,
};
use crate::{App, problem::Result};

#[handler]
pub(super) async fn list(app: Data<&App>, request: &Request) -> Result<Response> {
    for_admin(&app, request, async |visit| {
        let fields = query(request);
        let status = fields.get("status").unwrap_or("unknown");
        let status = Unsent::parse(status).ok_or_else(not_found)?;
        let after = fields.get("after").map(Uuid::try_parse).transpose();
        let after = after.map_err(|_| invalid_cursor("is not the id of a mail"))?;
        let mut conn = app.db.acquire().await?;
        let slice = operate::unsent_mails(&mut conn, status, &paging(after)).await?;
        let now = db::now(&mut conn).await?;
        visit.page(
            "admin/mails.html",
            context! {
                mails => Serde(slice.rows),
                next => slice.next.map(|next| next.to_string()),
                status => status.as_str(),
                now => Serde(now),
                done => done(&fields),
            },
        )
    })
    .await
}

#[handler]
pub(super) async fn resend(
    app: Data<&App>,
    request: &Request,
    Path(id): Path<String>,
    body: Body,
) -> Result<Response> {
    for_admin(&app, request, async |visit| {
        form_of(&app, visit, body).await?;
        let id = Uuid::try_parse(&id).map_err(|_| not_found())?;
        let mut conn = app.db.acquire().await?;
        operate::resend_mail(&mut conn, visit.operator(), id).await?;
        Ok(see_other("/admin/tasks/mails/?done=resend"))
    })
    .await
}
