//! How the arms of the recommendations do, and what they are computed with.

use jobboard_shared::recommendations::{
    db,
    experiment::{ArmReport, Rate, Report},
};
use minijinja::{Value, context};
use poem::{Request, Response, handler, web::Data};

use super::{for_admin, plots, query};
use crate::{
    App,
    problem::{Problem, Result},
};

/// What a click chooses.
const CHOICES: [i32; 3] = [7, 30, 90];
const MOST_RUNS: i64 = 10;

#[handler]
pub(super) async fn page(app: Data<&App>, request: &Request) -> Result<Response> {
    for_admin(&app, request, async |visit| {
        let days = match query(request).get("days").map(|days| days.parse()) {
            None => 30,
            Some(Ok(days)) if CHOICES.contains(&days) => days,
            Some(_) => {
                let message = "must be 7, 30 or 90";
                return Err(Problem::invalid_field("days", "invalid_format", message));
            }
        };
        let mut conn = app.db.acquire().await?;
        let counts = db::arm_counts(&mut conn, days).await?;
        let models = db::kept_models(&mut conn).await?;
        let runs = db::runs(&mut conn, MOST_RUNS).await?;
        let report = Report::new(&app.config.recommendations.arms, &counts);
        let runs: Vec<Value> = runs
            .iter()
            .map(|run| {
                context! {
                    total => run.total, remaining => run.remaining, dead => run.dead,
                    begun => run.created_at.to_rfc3339(),
                    ended => run.ended_at.map(|at| at.to_rfc3339()),
                }
            })
            .collect();
        let models: Vec<Value> = models
            .iter()
            .map(|model| {
                context! {
                    version => model.version.to_string(), fitted => model.fitted_at.to_rfc3339(),
                    jobs => model.job_count, terms => model.term_count, active => model.is_active,
                }
            })
            .collect();
        let choices = CHOICES.map(|of| context! { days => of, chosen => of == days });
        let values = context! { choices => choices.to_vec(), runs, models, ..values(&report) };
        visit.page("admin/recommendations.html", values)
    })
    .await
}

fn values(report: &Report) -> Value {
    let most = |rate: fn(&ArmReport) -> Rate| {
        let rates = report.arms.iter().filter(|arm| arm.counts.impressions > 0);
        rates.map(|arm| rate(arm).high).fold(0.0, f64::max)
    };
    let (clicks, applications) = (most(|arm| arm.click_rate), most(|arm| arm.application_rate));
    let arms: Vec<Value> = report
        .arms
        .iter()
        .map(|arm| {
            let counts = arm.counts;
            context! {
                name => counts.arm.name(),
                share => percent(arm.expected_share),
                users => counts.users,
                impressions => counts.impressions,
                clicks => counts.clicks,
                applications => counts.applications,
                hidden => counts.hidden,
                click_rate => words(arm.click_rate),
                click_plot => plot("clicks", arm.click_rate, clicks),
                click_difference => arm.click_difference.map(words),
                application_rate => words(arm.application_rate),
                application_plot => plot("applications", arm.application_rate, applications),
                application_difference => arm.application_difference.map(words),
            }
        })
        .collect();
    context! {
        arms,
        mismatch => report.is_mismatch(),
        sample_ratio => report.sample_ratio_p.map(|p| format!("{p:.3}")),
    }
}

fn plot(name: &str, rate: Rate, most: f64) -> String {
    let label = format!("{name}: {}", words(rate));
    plots::interval(&label, rate.low, rate.value, rate.high, most)
}

fn words(rate: Rate) -> String {
    format!(
        "{} ({} to {})",
        percent(rate.value),
        percent(rate.low),
        percent(rate.high)
    )
}

fn percent(part: f64) -> String {
    format!("{:.2} %", part * 100.0)
}
