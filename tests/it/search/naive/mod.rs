//! Filters, sorts and facets beside plain SQL over the jobs, for searches drawn at
//! random.

pub(crate) mod board;
mod plain;

use std::collections::BTreeMap;

use jobboard_shared::{
    pagination::{Paging, Start},
    search::{self, Effort, Facet, FacetValue, Found, SalaryBand, Search, SearchCursor, Sort},
};
use rand::{SeedableRng, rngs::StdRng};
use uuid::Uuid;

use self::{
    board::{board, draw},
    plain::{Row, distance, naive},
};
use crate::support::TestApp;

fn name<T: serde::Serialize>(value: T) -> String {
    let json = serde_json::to_value(value).expect("plain data");
    json.as_str().expect("a name").to_owned()
}

/// Everything is read in small pieces.
const PIECES: Effort = Effort {
    all: 3,
    block: 2,
    tiers: true,
};
pub(crate) const WHOLE: Effort = Effort {
    all: 10_000,
    block: 1,
    tiers: true,
};

const SEARCHES: usize = 150;

async fn look(app: &TestApp, effort: Effort, search: &Search, start: Start<SearchCursor>) -> Found {
    let mut tx = app.db.begin().await.expect("begin");
    let paging = Paging { start, size: 7 };
    let found = search::find_with(effort, &mut tx, app.clock.now(), search, &paging)
        .await
        .unwrap_or_else(|error| panic!("{error}: {search:?}"));
    tx.commit().await.expect("commit");
    found
}

pub(crate) async fn by_cursor(app: &TestApp, effort: Effort, search: &Search) -> Vec<Uuid> {
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
        sorted.len() == 4 && sorted.values().all(|rows| *rows > 30),
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
