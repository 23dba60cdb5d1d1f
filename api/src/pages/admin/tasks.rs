//! Lists of tasks, and one task.

use jobboard_shared::queue::{
    TaskId,
    db::operate::{self as db, DeadFilter, TaskCursor, TaskFilter, TaskState},
    operate,
};
use minijinja::{context, value::Serde};
use poem::{
    Body, Request, Response, handler,
    web::{Data, Path},
};
use url::form_urlencoded;

use super::{
    done, for_admin, invalid_cursor, not_found, paging, query, see_other, session::form_of,
};
use crate::{
    App,
    pages::form::Fields,
    problem::{Problem, Result},
};

#[handler]
pub(super) async fn list(app: Data<&App>, request: &Request) -> Result<Response> {
    for_admin(&app, request, async |visit| {
        let fields = query(request);
        let state = fields.get("state").unwrap_or("dead");
        let state = TaskState::parse(state).ok_or_else(not_found)?;
        let filter = TaskFilter {
            queue: fields.owned("queue"),
            kind: fields.owned("kind"),
        };
        let name = format!("page of tasks {state:?} {filter:?}");
        let paging = paging(cursor(&app, &name, &fields)?);
        let mut tx = app.begin().await?;
        db::look_only(&mut tx).await?;
        let slice = db::list(&mut tx, state, &filter, &paging).await?;
        let dead_kinds = db::dead_kinds(&mut tx).await?;
        let now = db::now(&mut tx).await?;
        tx.commit().await?;
        let next = slice.next.map(|next| app.cursors.encode(&name, &next));
        let bulk = ["retried", "discarded"].into_iter().find_map(|word| {
            let number = |name: &str| fields.get(name)?.parse::<i64>().ok();
            Some(context! { word, count => number(word)?, left => number("left")? })
        });
        visit.page(
            "admin/tasks.html",
            context! {
                tasks => Serde(slice.rows),
                next,
                state => state.as_str(),
                states => TaskState::ALL.map(TaskState::as_str),
                queue => filter.queue,
                kind => filter.kind,
                dead_kinds => Serde(dead_kinds),
                now => Serde(now),
                done => done(&fields),
                bulk,
            },
        )
    })
    .await
}

fn cursor(app: &App, name: &str, fields: &Fields) -> Result<Option<TaskCursor>> {
    let Some(text) = fields.get("after") else {
        return Ok(None);
    };
    let cursor = app.cursors.decode(name, text);
    cursor
        .map(Some)
        .map_err(|error| invalid_cursor(error.to_string()))
}

#[handler]
pub(super) async fn show(
    app: Data<&App>,
    request: &Request,
    Path(id): Path<String>,
) -> Result<Response> {
    for_admin(&app, request, async |visit| {
        let id = id.parse().map_err(|_| not_found())?;
        let mut conn = app.db.acquire().await?;
        let task = db::find(&mut conn, TaskId(id)).await?;
        let task = task.ok_or_else(|| Problem::not_found("task"))?;
        let now = db::now(&mut conn).await?;
        let args = serde_json::to_string_pretty(&task.args).map_err(Problem::internal)?;
        visit.page(
            "admin/task.html",
            context! {
                task => Serde(&task),
                args,
                now => Serde(now),
                done => done(&query(request)),
            },
        )
    })
    .await
}

#[handler]
pub(super) async fn act(
    app: Data<&App>,
    request: &Request,
    Path((id, verb)): Path<(String, String)>,
    body: Body,
) -> Result<Response> {
    for_admin(&app, request, async |visit| {
        form_of(&app, visit, body).await?;
        let id = TaskId(id.parse().map_err(|_| not_found())?);
        let by = visit.operator();
        let mut conn = app.db.acquire().await?;
        match verb.as_str() {
            "retry" => {
                let retried = operate::retry(&mut conn, by, id).await?;
                if retried.runs_as != id {
                    let address = format!("/admin/tasks/{}/?done=merge", retried.runs_as);
                    return Ok(see_other(&address));
                }
            }
            "discard" => operate::discard(&mut conn, by, id).await?,
            "cancel" => {
                operate::cancel(&mut conn, by, id).await?;
            }
            "run-now" => operate::run_now(&mut conn, by, id).await?,
            _ => return Err(not_found()),
        }
        Ok(see_other(&format!("/admin/tasks/{id}/?done={verb}")))
    })
    .await
}

/// All dead tasks of a queue and kind, as far as one call goes.
#[handler]
pub(super) async fn act_on_dead(
    app: Data<&App>,
    request: &Request,
    Path(verb): Path<String>,
    body: Body,
) -> Result<Response> {
    for_admin(&app, request, async |visit| {
        let fields = form_of(&app, visit, body).await?;
        let filter = DeadFilter {
            queue: fields.owned("queue"),
            kind: fields.owned("kind"),
            ..DeadFilter::default()
        };
        let by = visit.operator();
        let mut conn = app.db.acquire().await?;
        let (word, bulk) = match verb.as_str() {
            "retry" => (
                "retried",
                operate::retry_many(&mut conn, by, &filter).await?,
            ),
            "discard" => (
                "discarded",
                operate::discard_many(&mut conn, by, &filter).await?,
            ),
            _ => return Err(not_found()),
        };
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("state", "dead");
        for (name, value) in [("queue", &filter.queue), ("kind", &filter.kind)] {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        query.append_pair(word, &bulk.ids.len().to_string());
        query.append_pair("left", &bulk.left.to_string());
        Ok(see_other(&format!("/admin/tasks/list/?{}", query.finish())))
    })
    .await
}
