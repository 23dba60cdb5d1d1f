//! A board and searches of it, drawn at random.

use chrono::{DateTime, TimeDelta, Utc};
use jobboard_shared::{
    jobs::{ExperienceLevel, JobType, SalaryPeriod, Workplace},
    search::{self, Search, Sort},
};
use rand::{Rng, rngs::StdRng, seq::IndexedRandom};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::name;
use crate::support::TestApp;

const JOBS: usize = 150;

/// Locations of the jobs with what they mean: places with their coordinates.
pub(super) const LOCATIONS: &[(&str, &[(f64, f64)])] = &[
    ("Berlin, Germany", &[BERLIN]),
    ("Potsdam, Germany", &[POTSDAM]),
    ("Munich", &[MUNICH]),
    ("Hamburg / Potsdam", &[HAMBURG, POTSDAM]),
    ("Remote (EU)", &[]),
    ("Germany", &[]),
    ("", &[]),
    ("San Francisco, CA", &[(37.77493, -122.41942)]),
];
pub(super) const BERLIN: (f64, f64) = (52.52437, 13.41053);
pub(super) const POTSDAM: (f64, f64) = (52.39886, 13.06566);
pub(super) const HAMBURG: (f64, f64) = (53.55073, 9.99302);
pub(super) const MUNICH: (f64, f64) = (48.13743, 11.57549);

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

pub(crate) async fn board(app: &TestApp, random: &mut StdRng) -> Vec<Uuid> {
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

pub(crate) fn draw(random: &mut StdRng, now: DateTime<Utc>) -> Search {
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
        language: None,
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
