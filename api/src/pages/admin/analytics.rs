//! What happened on the board: its figures, drawn.

use chrono::{Days, NaiveDate};
use jobboard_shared::{
    analytics::{self, Counts, Filter, Report},
    queue::operate::words,
};
use minijinja::{Value, context};
use poem::{Request, Response, handler, web::Data};

use super::{
    for_admin,
    plots::{self, Axis},
    query,
};
use crate::{
    App,
    problem::{Problem, Result},
};

/// What a click chooses, the present day included.
const CHOICES: [u64; 3] = [30, 90, 365];

#[handler]
pub(super) async fn page(app: Data<&App>, request: &Request) -> Result<Response> {
    for_admin(&app, request, async |visit| {
        let fields = query(request);
        let day = |name: &str| match fields.get(name).map(str::parse::<NaiveDate>) {
            None => Ok(None),
            Some(Ok(day)) => Ok(Some(day)),
            Some(Err(_)) => Err(Problem::invalid_field(
                name,
                "invalid_format",
                "must be a date such as 2026-11-23",
            )),
        };
        let mut conn = app.db.acquire().await?;
        let range = analytics::range(&mut conn, day("from")?, day("to")?).await?;
        let report = analytics::report(&mut conn, Filter::default(), range).await?;
        let today = analytics::db::today(&mut conn).await?;
        visit.page("admin/analytics.html", values(&report, today))
    })
    .await
}

fn values(report: &Report, today: NaiveDate) -> Value {
    let choices = CHOICES.map(|days| {
        let from = today.checked_sub_days(Days::new(days - 1)).unwrap_or(today);
        let chosen = report.range.from == from && report.range.to == today;
        context! { days, from => from.to_string(), chosen }
    });
    let total = &report.total;
    context! {
        from => report.range.from.to_string(),
        to => report.range.to.to_string(),
        today => today.to_string(),
        choices => choices.to_vec(),
        postings => total.postings,
        views => total.views,
        applications => total.applications,
        conversion => total.conversion().map(percent),
        hires => total.hire_seconds.len(),
        median => total.time_to_hire(0.5).map(duration),
        p90 => total.time_to_hire(0.9).map(duration),
        views_plot => plot(report, "Views", |c| c.views, words::number),
        applications_plot => plot(report, "Applications", |c| c.applications, words::number),
        postings_plot => plot(report, "Postings", |c| c.postings, words::number),
        hires_plot => plot(report, "Hires", |c| c.hire_seconds.len() as i64, words::number),
        conversion_plot => plot(report, "Conversion", permille, |n| format!("{:.1} %", n as f64 / 10.0)),
        time_plot => plot(report, "Median time to hire", |c| c.time_to_hire(0.5).unwrap_or_default(), duration),
    }
}

fn plot(
    report: &Report,
    name: &str,
    value: impl Fn(&Counts) -> i64,
    show: impl Fn(i64) -> String,
) -> String {
    let days: Vec<&NaiveDate> = report.days.keys().collect();
    let bars: Vec<_> = report.days.values().map(|c| Some((value(c), 0))).collect();
    let axis = Axis {
        name,
        span: "by day",
        second_class: "bad",
    };
    plots::bars(&axis, &bars, &show, |place, (value, _)| {
        format!("{}: {}", days[place], show(value))
    })
}

/// Of a thousand views.
fn permille(counts: &Counts) -> i64 {
    (counts.conversion().unwrap_or_default() * 1000.0).round() as i64
}

fn percent(part: f64) -> String {
    format!("{:.1} %", part * 100.0)
}

/// In days where that says more than hours.
fn duration(seconds: i64) -> String {
    match seconds as f64 / 86_400.0 {
        days if days >= 2.0 => format!("{days:.1} days"),
        _ => words::duration(seconds as f64),
    }
}
