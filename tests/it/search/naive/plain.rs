//! What searches mean, in plain SQL over the jobs.

use chrono::{DateTime, TimeDelta, Utc};
use jobboard_shared::search::Search;
use sqlx::{AssertSqlSafe, PgConnection};
use uuid::Uuid;

use super::{
    board::{BERLIN, HAMBURG, LOCATIONS, MUNICH},
    name,
};

#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Row {
    pub(super) id: Uuid,
    pub(super) location: String,
    pub(super) pay: Option<f64>,
    pub(super) job_type: String,
    pub(super) experience_level: Option<String>,
    pub(super) workplace: String,
    pub(super) company: String,
    pub(super) path: Vec<String>,
}

pub(super) async fn naive(
    conn: &mut PgConnection,
    search: &Search,
    now: DateTime<Utc>,
) -> Vec<Row> {
    let statement = format!(
        "select j.id, j.location,
                coalesce(j.yearly_salary_max, j.yearly_salary_min)::float8 as pay,
                j.job_type::text, j.experience_level::text, c.name as company,
                case when j.is_remote then 'remote' when j.is_hybrid then 'hybrid' else 'on_site' end
                    as workplace,
                array_remove(array[k.name, up.name, top.name], null) as path
         from jobs j join companies c on c.id = j.company_id
         left join categories k on k.id = j.category_id
         left join categories up on up.id = k.parent_id
         left join categories top on top.id = up.parent_id
         where {} order by j.published_at desc, j.id desc",
        meaning(search, now)
    );
    sqlx::query_as(AssertSqlSafe(statement))
        .fetch_all(conn)
        .await
        .expect("plain SQL")
}

/// What a search means, said in SQL over the jobs.
fn meaning(search: &Search, now: DateTime<Utc>) -> String {
    let mut all = vec!["j.status = 'published'".to_owned()];
    let mut any = |column: &str, values: Vec<String>| {
        if !values.is_empty() {
            all.push(format!("{column} in ('{}')", values.join("', '")));
        }
    };
    any("j.job_type", search.job_types.iter().map(name).collect());
    any(
        "j.experience_level",
        search.experience_levels.iter().map(name).collect(),
    );
    let workplace =
        "case when j.is_remote then 'remote' when j.is_hybrid then 'hybrid' else 'on_site' end";
    any(workplace, search.workplaces.iter().map(name).collect());
    any("c.name", search.companies.clone());
    any("j.salary_currency", vec![]);
    let mut below = vec![];
    for category in &search.categories {
        below.push(category.clone());
        if category == "stone" {
            below.extend(["masonry", "roofing", "facades"].map(str::to_owned));
        }
        if category == "masonry" {
            below.push("facades".to_owned());
        }
    }
    any("k.slug", below);
    if !search.skills.is_empty() {
        all.push(format!(
            "exists (select from job_skills js join skills s on s.id = js.skill_id
                     where js.job_id = j.id and s.name in ('{}'))",
            search.skills.join("', '")
        ));
    }
    if let Some(remote) = search.is_remote {
        all.push(format!("j.is_remote = {remote}"));
    }
    let unknown = "(j.salary_min is null and j.salary_max is null)";
    let or_unknown = match search.unknown_salary {
        Some(true) => format!("or {unknown}"),
        _ => String::new(),
    };
    if search.unknown_salary == Some(false) {
        all.push(format!("not {unknown}"));
    }
    let year = format!("'{}'", name(search.salary_period));
    if let Some(amount) = search.salary_min {
        all.push(format!(
            "(coalesce(j.yearly_salary_max, j.yearly_salary_min) >= yearly_salary({amount}, {year}) {or_unknown})"
        ));
    }
    if let Some(amount) = search.salary_max {
        all.push(format!(
            "(coalesce(j.yearly_salary_min, j.yearly_salary_max) <= yearly_salary({amount}, {year}) {or_unknown})"
        ));
    }
    if let Some(code) = &search.salary_currency {
        all.push(format!("(j.salary_currency = '{code}' {or_unknown})"));
    }
    if let Some(time) = search.posted_after {
        all.push(format!("j.published_at >= '{}'", time.to_rfc3339()));
    }
    if let Some(days) = search.posted_within_days {
        let time = now - TimeDelta::days(days.into());
        all.push(format!("j.published_at >= '{}'", time.to_rfc3339()));
    }
    all.push(
        match search.text.as_str() {
            "welder" => "j.title = 'Welder'",
            "steel" => "j.description ~ 'steel'",
            "welder -wood" => "j.title = 'Welder' and j.description !~ 'wood'",
            _ => "true",
        }
        .to_owned(),
    );
    if let Some(location) = &search.location {
        let there: Vec<&str> = LOCATIONS
            .iter()
            .map(|(text, _)| *text)
            .filter(|text| is_there(text, location, search.radius_km.into()))
            .collect();
        all.push(format!("j.location in ('{}')", there.join("', '")));
    }
    all.join(" and ")
}

/// Whether a job with the location is where the search looks.
fn is_there(job: &str, asked: &str, radius: f64) -> bool {
    match asked {
        // A job anywhere in a region of the country may be done there.
        "Germany" => !matches!(job, "" | "San Francisco, CA"),
        "California" => job == "San Francisco, CA",
        _ => distance(job, asked).is_some_and(|km| km <= radius),
    }
}

pub(super) fn distance(job: &str, asked: &str) -> Option<f64> {
    let from: &[(f64, f64)] = match asked {
        "Berlin" => &[BERLIN],
        "Hamburg" => &[HAMBURG],
        "Munich, Berlin" => &[MUNICH, BERLIN],
        _ => &[],
    };
    let (_, places) = LOCATIONS.iter().find(|(text, _)| *text == job)?;
    let pairs = places.iter().flat_map(|a| from.iter().map(move |b| (a, b)));
    pairs.map(|(a, b)| km(*a, *b)).min_by(f64::total_cmp)
}

fn km(a: (f64, f64), b: (f64, f64)) -> f64 {
    let half = |degrees: f64| (degrees.to_radians() / 2.0).sin().powi(2);
    let square =
        half(b.0 - a.0) + a.0.to_radians().cos() * b.0.to_radians().cos() * half(b.1 - a.1);
    12_742.0 * square.sqrt().asin()
}
