//! Mails that did not arrive, or perhaps did.

use jobboard_shared::{
    notifications::{db, db::EmailStatus},
    queue::{db::operate as queue_db, operate},
};
use minijinja::{context, value::Serde};
use poem::{
    Body, Request, Response, handler,
    web::{Data, Path},
};
use serde_json::json;
use uuid::Uuid;

use super::{done, for_admin, not_found, query, see_other, session::form_of};
use crate::{
    App,
    problem::{Problem, Result},
};

const PAGE_SIZE: u16 = 50;

#[handler]
pub(super) async fn list(app: Data<&App>, request: &Request) -> Result<Response> {
    for_admin(&app, request, async |visit| {
        let fields = query(request);
        let status = match fields.get("status").unwrap_or("unknown") {
            "unknown" => EmailStatus::Unknown,
            "dead" => EmailStatus::Dead,
            _ => return Err(not_found()),
        };
        let after = fields.get("after").map(Uuid::try_parse).transpose();
        let after = after.map_err(|_| {
            Problem::invalid_field("after", "invalid_cursor", "is not the id of a mail")
        })?;
        let mut conn = app.db.acquire().await?;
        let mut mails = db::list_unsent(&mut conn, status, after, PAGE_SIZE + 1).await?;
        let now = queue_db::now(&mut conn).await?;
        let more = mails.len() > usize::from(PAGE_SIZE);
        mails.truncate(PAGE_SIZE.into());
        let rows: Vec<_> = mails
            .iter()
            .map(|mail| {
                json!({
                    "id": mail.id,
                    "template": mail.template,
                    "user_id": mail.user_id,
                    "reason": mail.dead_reason.map(|reason| reason.name()),
                    "last_error": mail.last_error,
                    "attempts": mail.attempts,
                    "resends": mail.resends,
                    "task_id": mail.task_id,
                    "created_at": mail.created_at,
                })
            })
            .collect();
        visit.page(
            "admin/mails.html",
            context! {
                mails => Serde(rows),
                next => mails.last().filter(|_| more).map(|mail| mail.id.to_string()),
                status => status.name(),
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
