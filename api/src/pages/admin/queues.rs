//! The first page: every queue with its plots.

use std::{fmt::Display, str::FromStr, time::Duration};

use jobboard_shared::queue::{
    db::operate::{self as db, Limits},
    operate,
};
use minijinja::{Value, context, value::Serde};
use poem::{
    Body, Request, Response, handler,
    web::{Data, Path},
};

use super::{
    done, for_admin, not_found, plots, query, see_other,
    session::{form_of, visit},
    url_part,
};
use crate::{
    App,
    pages::form::Fields,
    problem::{Problem, Result},
};

const HOUR: Duration = Duration::from_secs(3600);

#[handler]
pub(super) async fn page(app: Data<&App>, request: &Request) -> Result<Response> {
    for_admin(&app, request, async |visit| {
        let fields = query(request);
        let values = values(&app, &fields).await?;
        visit.page(
            "admin/queues.html",
            context! { done => done(&fields), ..values },
        )
    })
    .await
}

/// The part of the page that changes.
#[handler]
pub(super) async fn live(app: Data<&App>, request: &Request) -> Result<Response> {
    // A script asks: it must not be shown the way in instead.
    let Some(visit) = visit(&app, request).await? else {
        return Err(Problem::unauthorized(
            "credentials_required",
            "sign in first",
        ));
    };
    let values = values(&app, &query(request)).await?;
    visit.page("admin/live.html", values)
}

async fn values(app: &App, fields: &Fields) -> Result<Value> {
    let mut tx = app.begin().await?;
    db::look_only(&mut tx).await?;
    let queues = operate::overview(&mut tx).await?;
    let samples = db::samples(&mut tx, HOUR).await?;
    let minutes = db::minutes(&mut tx, HOUR).await?;
    let dead_kinds = db::dead_kinds(&mut tx).await?;
    let now = db::now(&mut tx).await?;
    tx.commit().await?;
    let queues: Vec<_> = queues
        .into_iter()
        .map(|queue| {
            let name = queue.depth.queue.clone();
            let depth = plots::depth(now, samples.iter().filter(|s| s.queue == name));
            let rate = plots::rate(now, minutes.iter().filter(|m| m.queue == name));
            context! { depth_plot => depth, rate_plot => rate, ..Value::from(Serde(queue)) }
        })
        .collect();
    Ok(context! {
        queues,
        dead_kinds => Serde(dead_kinds),
        now => Serde(now),
        draining => fields.get("draining"),
    })
}

#[handler]
pub(super) async fn act(
    app: Data<&App>,
    request: &Request,
    Path((queue, verb)): Path<(String, String)>,
    body: Body,
) -> Result<Response> {
    for_admin(&app, request, async |visit| {
        let fields = form_of(&app, visit, body).await?;
        let mut conn = app.db.acquire().await?;
        match verb.as_str() {
            "pause" | "drain" => {
                operate::pause(&mut conn, visit.operator(), &queue).await?;
            }
            "resume" => operate::resume(&mut conn, visit.operator(), &queue).await?,
            "limits" => {
                let limits = limits_of(&fields)?;
                operate::set_limits(&mut conn, visit.operator(), &queue, limits).await?;
            }
            _ => return Err(not_found()),
        }
        Ok(match verb.as_str() {
            "drain" => see_other(&format!("/admin/tasks/?draining={}", url_part(&queue))),
            verb => see_other(&format!("/admin/tasks/?done={verb}")),
        })
    })
    .await
}

/// Empty fields are no limits.
fn limits_of(fields: &Fields) -> Result<Limits> {
    const MOST: i32 = 1_000_000;
    let period = number_of(fields, "rate_period_seconds", 0.001, 86_400.0)?;
    Ok(Limits::new(
        number_of(fields, "max_running", 1, MOST)?,
        number_of(fields, "rate_limit", 1, MOST)?,
        period.map(Duration::from_secs_f64),
    )?)
}

fn number_of<N>(fields: &Fields, name: &str, least: N, most: N) -> Result<Option<N>>
where
    N: FromStr + PartialOrd + Display,
{
    let Some(text) = fields.get(name) else {
        return Ok(None);
    };
    match text.parse::<N>() {
        Ok(number) if (&least..=&most).contains(&&number) => Ok(Some(number)),
        _ => Err(Problem::invalid_field(
            name,
            "out_of_range",
            format!("must be a number from {least} to {most}"),
        )),
    }
}
