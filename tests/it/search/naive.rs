//! Filters, sorts and facets beside plain SQL over the jobs, for searches drawn at
//! random.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use jobboard_shared::{
    jobs::{ExperienceLevel, JobType, SalaryPeriod, Workplace},
    pagination::{Paging, Start},
    search::{self, Effort, Facet, FacetValue, Found, SalaryBand, Search, SearchCursor, Sort},
};
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use rust_decimal::Decimal;
use sqlx::{AssertSqlSafe, PgConnection};
use uuid::Uuid;

use crate::support::TestApp;

/// Everything is read in small pieces.
const PIECES: Effort = Effort { all: 3, block: 2 };
const WHOLE: Effort = Effort {
    all: 10_000,
    block: 1,
};

const JOBS: usize = 150;
const SEARCHES: usize = 150;

/// Locations of the jobs with what they mean: places with their coordinates.
const LOCATIONS: &[(&str, &[(f64, f64)])] = &[
    ("Berlin, Germany", &[BERLIN]),
    ("Potsdam, Germany", &[POTSDAM]),
    ("Munich", &[MUNICH]),
    ("Hamburg / Potsdam", &[HAMBURG, POTSDAM]),
    ("Remote (EU)", &[]),
    ("Germany", &[]),
    ("", &[]),
    ("San Francisco, CA", &[(37.77493, -122.41942)]),
];
const BERLIN: (f64, f64) = (52.52437, 13.41053);
const POTSDAM: (f64, f64) = (52.39886, 13.06566);
const HAMBURG: (f64, f64) = (53.55073, 9.99302);
const MUNICH: (f64, f64) = (48.13743, 11.57549);

const JOB_TYPES: [JobType; 3] = [JobType::FullTime, JobType::PartTime, JobType::Contract];
const LEVELS: [ExperienceLevel; 2] = [ExperienceLevel::Entry, ExperienceLevel::Senior];
const WORKPLACES: [Workplace; 3] = [Workplace::OnSite, Workplace::Hybrid, Workplace::Remote];
const PERIODS: [SalaryPeriod; 3] = [
    SalaryPeriod::Hourly,
    SalaryPeriod::Monthly,
    SalaryPeriod::Yearly,
];
const CURRENCIES: [&str; 2] = ["USD", "EUR"];
const COMPANIES: [&str; 3] = ["Acme", "Other", "Third"];
const SKILLS: [&str; 4] = ["C", "C++", "Java", "JavaScript"];
/// The second and third lie below the first, the fourth below the second.
const CATEGORIES: [&str; 5] = ["stone", "masonry", "roofing", "facades", "sea"];

fn name<T: serde::Serialize>(value: T) -> String {
    let json = serde_json::to_value(value).expect("plain data");
    json.as_str().expect("a name").to_owned()
}

async fn board(app: &TestApp, random: &mut StdRng) -> Vec<Uuid> {
    sqlx::raw_sql(
        "insert into companies (name, slug) values ('Acme', 'acme'), ('Other', 'other'), ('Third', 'third');
         insert into skills (name, slug) values
             ('C', 'c'), ('C++', 'c-plus-plus'), ('Java', 'java'), ('JavaScript', 'javascript');
         insert into categories (name, slug) values ('Stone', 'stone'), ('Sea', 'sea');
         insert into categories (name, slug, parent_id)
             select name, slug, (select id from categories where slug = 'stone')
             from (values ('Masonry', 'masonry'), ('Roofing', 'roofing')) below (name, slug);
         insert into categories (name, slug, parent_id)
             select 'Facades', 'facades', id from categories where slug = 'masonry';",
    )
    .execute(&app.db)
    .await
    .expect("names");
    let mut ids = vec![];
    for number in 0..JOBS {
        let workplace = *WORKPLACES.choose(random).expect("one");
        // Many have the same pay, and many none.
        let low = [30_000, 50_000, 50_000, 50_000, 61_234, 90_000][random.random_range(0..6)];
        let (min, max) = match random.random_range(0..5) {
            0 => (None, None),
            1 => (Some(low), None),
            2 => (None, Some(low)),
            _ => (Some(low), Some(low + 10_000)),
        };
        let id: Uuid = sqlx::query_scalar(
            "insert into jobs (company_id, category_id, title, description, location, is_remote,
                 is_hybrid, job_type, experience_level, salary_min, salary_max, salary_currency,
                 salary_period, status, published_at)
             values ((select id from companies where name = $1),
                 (select id from categories where slug = $2), $3, $4, $5, $6, $7, $8::job_type,
                 $9::experience_level, $10, $11, $12, $13::salary_period, 'published',
                 app_now() - make_interval(hours => $14))
             returning id",
        )
        .bind(COMPANIES.choose(random))
        .bind(CATEGORIES.choose(random).filter(|_| number % 7 > 0))
        .bind(if number % 3 == 0 { "Welder" } else { "Fitter" })
        .bind(if number % 2 == 0 {
            "Works with steel."
        } else {
            "Works with wood."
        })
        .bind(LOCATIONS.choose(random).expect("one").0)
        .bind(workplace == Workplace::Remote)
        .bind(workplace == Workplace::Hybrid)
        .bind(name(JOB_TYPES.choose(random)))
        .bind(LEVELS.choose(random).filter(|_| number % 5 > 0).map(name))
        .bind(min.map(Decimal::from))
        .bind(max.map(Decimal::from))
        .bind(CURRENCIES.choose(random))
        // An hour's pay of 50,000 would outdo all.
        .bind(if number % 10 == 0 {
            "monthly"
        } else {
            "yearly"
        })
        .bind(random.random_range(0..60 * 24))
        .fetch_one(&app.db)
        .await
        .expect("a job");
        sqlx::query("insert into job_skills (job_id, skill_id) select $1, id from skills where name = any($2)")
            .bind(id)
            .bind(some(&SKILLS, random))
            .execute(&app.db)
            .await
            .expect("skills");
        ids.push(id);
    }
    let mut tx = app.db.begin().await.expect("begin");
    search::refresh(&mut tx, &ids).await.expect("refresh");
    tx.commit().await.expect("commit");
    ids
}

/// Up to two of them.
fn some<T: Clone>(all: &[T], random: &mut StdRng) -> Vec<T> {
    let number = random.random_range(0..3);
    all.choose_multiple(random, number).cloned().collect()
}

fn maybe<T>(random: &mut StdRng, value: impl FnOnce(&mut StdRng) -> T) -> Option<T> {
    random.random_bool(0.25).then(|| value(random))
}

fn draw(random: &mut StdRng, now: DateTime<Utc>) -> Search {
    let mut rarely = |all: &[&str]| -> Vec<String> {
        let chosen = if random.random_bool(0.3) {
            some(all, random)
        } else {
            vec![]
        };
        chosen.into_iter().map(str::to_owned).collect()
    };
    let (categories, companies, skills) =
        (rarely(&CATEGORIES), rarely(&COMPANIES), rarely(&SKILLS));
    let location = maybe(random, |random| {
        [
            "Berlin",
            "Hamburg",
            "Germany",
            "Munich, Berlin",
            "California",
        ]
        .choose(random)
        .map(|text| (*text).to_owned())
        .unwrap_or_default()
    });
    let by_distance = location
        .as_ref()
        .is_some_and(|text| text != "Germany" && text != "California" && random.random_bool(0.5));
    let period = *PERIODS.choose(random).expect("one");
    let amount = |random: &mut StdRng| Decimal::from(random.random_range(1..100_000));
    Search {
        text: ["", "", "welder", "steel", "welder -wood"]
            .choose(random)
            .map(|text| (*text).to_owned())
            .unwrap_or_default(),
        location,
        radius_km: [10.0, 50.0, 400.0, 3_000.0][random.random_range(0..4)],
        job_types: if random.random_bool(0.3) {
            some(&JOB_TYPES, random)
        } else {
            vec![]
        },
        experience_levels: if random.random_bool(0.2) {
            some(&LEVELS, random)
        } else {
            vec![]
        },
        is_remote: maybe(random, |random| random.random_bool(0.5)),
        workplaces: if random.random_bool(0.3) {
            some(&WORKPLACES, random)
        } else {
            vec![]
        },
        categories,
        companies,
        skills,
        salary_min: maybe(random, amount),
        salary_max: maybe(random, amount),
        salary_period: period,
        salary_currency: maybe(random, |random| {
            CURRENCIES
                .choose(random)
                .map(|code| (*code).to_owned())
                .unwrap_or_default()
        }),
        unknown_salary: maybe(random, |random| random.random_bool(0.5)),
        posted_after: maybe(random, |random| {
            now - TimeDelta::minutes(random.random_range(0..60 * 24 * 60))
        }),
        posted_within_days: maybe(random, |random| random.random_range(1..60)),
        sort: match random.random_range(0..3) {
            _ if by_distance => Sort::Distance,
            0 => Sort::Relevance,
            1 => Sort::Date,
            _ => Sort::Salary,
        },
        facets: vec![],
    }
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

fn distance(job: &str, asked: &str) -> Option<f64> {
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

#[derive(Clone, Debug, sqlx::FromRow)]
struct Row {
    id: Uuid,
    location: String,
    published_at: DateTime<Utc>,
    pay: Option<f64>,
    job_type: String,
    experience_level: Option<String>,
    workplace: String,
    company: String,
    path: Vec<String>,
}

async fn naive(conn: &mut PgConnection, search: &Search, now: DateTime<Utc>) -> Vec<Row> {
    let statement = format!(
        "select j.id, j.location, j.published_at,
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

async fn look(app: &TestApp, effort: Effort, search: &Search, start: Start<SearchCursor>) -> Found {
    let mut tx = app.db.begin().await.expect("begin");
    let paging = Paging { start, size: 7 };
    let found = search::find_with(effort, &mut tx, app.clock.now(), search, &paging)
        .await
        .unwrap_or_else(|error| panic!("{error}: {search:?}"));
    tx.commit().await.expect("commit");
    found
}

async fn by_cursor(app: &TestApp, effort: Effort, search: &Search) -> Vec<Uuid> {
    let (mut all, mut cursor) = (vec![], None);
    loop {
        let found = look(app, effort, search, Start::After(cursor)).await;
        all.extend(found.hits.rows.iter().map(|hit| hit.job.id));
        cursor = found.hits.next;
        if cursor.is_none() {
            return all;
        }
        let text = serde_json::to_string(&cursor).expect("write");
        cursor = serde_json::from_str(&text).expect("read");
    }
}

async fn by_page(app: &TestApp, effort: Effort, search: &Search) -> Vec<Uuid> {
    let mut all = vec![];
    for page in 1.. {
        let found = look(app, effort, search, Start::Page(page)).await;
        if found.hits.rows.is_empty() {
            break;
        }
        all.extend(found.hits.rows.iter().map(|hit| hit.job.id));
    }
    all
}

/// As the sort says it; none where the order is that of relevance.
fn in_order(search: &Search, mut rows: Vec<Row>) -> Option<Vec<Uuid>> {
    match search.sort {
        Sort::Relevance if !search.text.is_empty() => return None,
        Sort::Relevance | Sort::Date => {}
        Sort::Salary => rows.sort_by(|a, b| {
            let key = |row: &Row| row.pay.map_or(1.0, |pay| -pay);
            key(a).total_cmp(&key(b))
        }),
        Sort::Distance => {
            let asked = search.location.as_deref().expect("a location");
            rows.sort_by_key(|row| {
                distance(&row.location, asked).map(|km| (km * 10.0).floor() as i64)
            });
        }
    }
    Some(rows.into_iter().map(|row| row.id).collect())
}

#[tokio::test]
async fn every_search_finds_what_plain_sql_finds_in_its_order() {
    let app = TestApp::start().await;
    let mut random = StdRng::seed_from_u64(5);
    board(&app, &mut random).await;
    let now = app.clock.now();
    let mut conn = app.db.acquire().await.expect("a connection");
    let (mut found_any, mut sorted) = (0, BTreeMap::new());
    for _ in 0..SEARCHES {
        let search = draw(&mut random, now);
        let rows = naive(&mut conn, &search, now).await;
        found_any += usize::from(!rows.is_empty());
        *sorted.entry(format!("{:?}", search.sort)).or_insert(0) += rows.len();
        let mut expected: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        expected.sort();
        let ordered = in_order(&search, rows);
        for effort in [PIECES, WHOLE] {
            let all = by_cursor(&app, effort, &search).await;
            if let Some(ordered) = &ordered {
                assert_eq!(all, *ordered, "{effort:?} {search:?}");
            }
            let mut as_set = all.clone();
            as_set.sort();
            assert_eq!(as_set, expected, "{effort:?} {search:?}");
            assert_eq!(
                by_page(&app, effort, &search).await,
                all,
                "{effort:?} {search:?}"
            );
        }
    }
    assert!(found_any > SEARCHES / 3, "{found_any}");
    assert!(
        sorted.len() == 4 && sorted.values().all(|rows| *rows > 50),
        "{sorted:?}"
    );
}

#[tokio::test]
async fn facets_count_what_plain_sql_counts() {
    let app = TestApp::start().await;
    let mut random = StdRng::seed_from_u64(6);
    board(&app, &mut random).await;
    let now = app.clock.now();
    let mut conn = app.db.acquire().await.expect("a connection");
    for _ in 0..SEARCHES / 3 {
        let mut search = draw(&mut random, now);
        search.facets = vec![
            Facet::Salary,
            Facet::JobType,
            Facet::ExperienceLevel,
            Facet::Workplace,
            Facet::Category,
            Facet::Company,
        ];
        let found = look(&app, WHOLE, &search, Start::After(None)).await;
        let facets: Vec<Facet> = found.facets.iter().map(|counts| counts.facet).collect();
        assert_eq!(facets, search.facets);
        for counts in &found.facets {
            assert!(counts.are_exact);
            let wider = without(&search, counts.facet);
            let rows = naive(&mut conn, &wider, now).await;
            let expected = spread(&rows, counts.facet);
            let told: BTreeMap<String, i64> = counts
                .values
                .iter()
                .map(|(value, count)| (said(value), *count))
                .collect();
            assert_eq!(told, expected, "{counts:?} {search:?}");
        }
    }
}

/// The search without the filter over a facet.
fn without(search: &Search, facet: Facet) -> Search {
    let mut wider = search.clone();
    match facet {
        Facet::JobType => wider.job_types.clear(),
        Facet::ExperienceLevel => wider.experience_levels.clear(),
        Facet::Workplace => {
            wider.workplaces.clear();
            wider.is_remote = None;
        }
        Facet::Category => wider.categories.clear(),
        Facet::Company => wider.companies.clear(),
        Facet::Salary => {
            let code = wider.salary_currency.is_some();
            wider.unknown_salary = wider.unknown_salary.filter(|known| *known && code);
            wider.salary_min = None;
            wider.salary_max = None;
        }
    }
    wider
}

fn spread(rows: &[Row], facet: Facet) -> BTreeMap<String, i64> {
    let mut counts = BTreeMap::new();
    for row in rows {
        let values = match facet {
            Facet::JobType => vec![row.job_type.clone()],
            Facet::ExperienceLevel => vec![row.experience_level.clone().unwrap_or_default()],
            Facet::Workplace => vec![row.workplace.clone()],
            Facet::Company => vec![row.company.clone()],
            Facet::Category => row.path.clone(),
            Facet::Salary => vec![row.pay.map_or_else(String::new, |pay| {
                let edges = [0, 25, 50, 75, 100, 125, 150, 200, 300].map(|edge| edge * 1000);
                let from = edges.iter().rfind(|edge| f64::from(**edge) <= pay);
                from.map(ToString::to_string).unwrap_or_default()
            })],
        };
        for value in values {
            *counts.entry(value).or_insert(0) += 1;
        }
    }
    counts
}

fn said(value: &FacetValue) -> String {
    match value {
        FacetValue::JobType(one) => name(one),
        FacetValue::ExperienceLevel(one) => one.map(name).unwrap_or_default(),
        FacetValue::Workplace(one) => name(one),
        FacetValue::Category { name, .. } | FacetValue::Company { name, .. } => name.clone(),
        FacetValue::Salary(SalaryBand::From(from, _)) => from.to_string(),
        FacetValue::Salary(SalaryBand::Unknown) => String::new(),
    }
}
