//! Finding jobs.

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgTransaction};
use uuid::Uuid;

use super::{
    db::{self, Match, Tier},
    locality::Vicinity,
    query::{Compiled, Query},
    snippet::snippet,
    tokens::{self, Kind, token},
};
use crate::{
    Result, categories, companies,
    jobs::{self, ExperienceLevel, JobSummary, JobType, SalaryPeriod},
    pagination::{Paging, Slice, Start},
    places,
};

/// What is searched for. Empty lists and `None` do not narrow.
#[derive(Clone, Debug)]
pub struct Search {
    /// Words, "phrases", -exclusions, OR.
    pub text: String,
    /// A place or area as people write it, or "remote".
    pub location: Option<String>,
    pub radius_km: f32,
    pub job_types: Vec<JobType>,
    pub experience_levels: Vec<ExperienceLevel>,
    pub is_remote: Option<bool>,
    /// Ids, slugs or names of categories; each stands for all below it.
    pub categories: Vec<String>,
    /// Ids, slugs or names.
    pub companies: Vec<String>,
    /// What the job may pay at least.
    pub salary_min: Option<Decimal>,
    /// What the job may start at, at most.
    pub salary_max: Option<Decimal>,
    /// Of the two amounts.
    pub salary_period: SalaryPeriod,
    pub salary_currency: Option<String>,
    pub posted_after: Option<DateTime<Utc>>,
    /// From the time of the first page on.
    pub posted_within_days: Option<u16>,
    pub sort: Sort,
}

impl Default for Search {
    fn default() -> Self {
        Self {
            text: String::new(),
            location: None,
            radius_km: 50.0,
            job_types: vec![],
            experience_levels: vec![],
            is_remote: None,
            categories: vec![],
            companies: vec![],
            salary_min: None,
            salary_max: None,
            salary_period: SalaryPeriod::Yearly,
            salary_currency: None,
            posted_after: None,
            posted_within_days: None,
            sort: Sort::Relevance,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// By date where there is no text to be relevant to.
    #[default]
    Relevance,
    Date,
}

/// A job that was found.
#[derive(Clone, Debug)]
pub struct Hit {
    pub job: JobSummary,
    /// From 0 to 1; none in lists by date.
    pub score: Option<f64>,
    /// Safe HTML with the words in `<mark>`.
    pub snippet: String,
}

/// The place in a list of hits; `as_of` is the time of the first page, from
/// which ages count on all of them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "by")]
pub enum SearchCursor {
    Relevance {
        as_of: DateTime<Utc>,
        tier: Tier,
        score: i32,
        id: Uuid,
    },
    Date {
        as_of: DateTime<Utc>,
        at: DateTime<Utc>,
        id: Uuid,
    },
}

/// The conditions of a search as the index reads them.
#[derive(Clone, Debug, Default)]
pub(super) struct Conditions {
    pub(super) query: Compiled,
    /// Words of a location that is no known place.
    pub(super) place: Option<String>,
    /// Of each group a job has at least one token.
    pub(super) tokens: Vec<Vec<i32>>,
    pub(super) near: Option<Vicinity>,
    pub(super) pays_at_least: Option<f64>,
    pub(super) starts_at_most: Option<f64>,
    pub(super) posted_after: Option<DateTime<Utc>>,
}

/// Live jobs that match, best or newest first; counted for page numbers only.
///
/// # Errors
///
/// `Invalid` for a category or company that does not exist.
pub async fn find(
    tx: &mut PgTransaction<'_>,
    now: DateTime<Utc>,
    search: &Search,
    paging: &Paging<SearchCursor>,
) -> Result<Slice<Hit, SearchCursor>> {
    db::begin_reading(tx).await?;
    let as_of = match paging.cursor() {
        Some(SearchCursor::Relevance { as_of, .. } | SearchCursor::Date { as_of, .. }) => *as_of,
        None => now,
    };
    let Some(conditions) = conditions(tx, as_of, search).await? else {
        return Ok(Slice {
            rows: vec![],
            next: None,
            total: matches!(paging.start, Start::Page(_)).then_some(0),
        });
    };
    let total = match paging.start {
        Start::Page(_) => Some(db::count(tx, &conditions, Tier::All).await?),
        Start::After(_) => None,
    };
    let by_relevance = search.sort == Sort::Relevance && conditions.query.meant.is_some();
    let page = if by_relevance {
        relevant(tx, as_of, &conditions, paging, total).await?
    } else {
        let after = match paging.cursor() {
            Some(SearchCursor::Date { at, id, .. }) => Some((*at, *id)),
            _ => None,
        };
        let found = db::newest(tx, &conditions, after, paging.limit(), paging.offset()).await?;
        Slice::cut(found, paging.size, total, |found| SearchCursor::Date {
            as_of,
            at: found.published_at,
            id: found.job_id,
        })
    };
    Ok(Slice {
        rows: hits(tx, &page.rows, &conditions, by_relevance).await?,
        next: page.next,
        total: page.total,
    })
}

/// The title tier, then the rest.
async fn relevant(
    conn: &mut PgConnection,
    as_of: DateTime<Utc>,
    conditions: &Conditions,
    paging: &Paging<SearchCursor>,
    total: Option<i64>,
) -> Result<Slice<Match, SearchCursor>> {
    let after = match paging.cursor() {
        Some(SearchCursor::Relevance {
            tier, score, id, ..
        }) => Some((*tier, *score, *id)),
        _ => None,
    };
    let offset = paging.offset();
    let mut found = Vec::new();
    for tier in [Tier::Title, Tier::Text] {
        let missing = paging.limit() - found.len() as i64;
        if missing == 0 || after.is_some_and(|(last, ..)| last > tier) {
            continue;
        }
        let last = after.filter(|(last, ..)| *last == tier);
        let last = last.map(|(_, score, id)| (score, id));
        let offset = match tier {
            Tier::Text if offset > 0 => {
                (offset - db::count(conn, conditions, Tier::Title).await?).max(0)
            }
            _ => offset,
        };
        found.extend(db::ranked(conn, conditions, tier, as_of, last, missing, offset).await?);
    }
    Ok(Slice::cut(found, paging.size, total, |found| {
        SearchCursor::Relevance {
            as_of,
            tier: found.tier,
            score: found.score,
            id: found.job_id,
        }
    }))
}

/// None where nothing can match.
async fn conditions(
    conn: &mut PgConnection,
    now: DateTime<Utc>,
    search: &Search,
) -> Result<Option<Conditions>> {
    let query = Query::parse(&search.text);
    if query.is_senseless() {
        return Ok(None);
    }
    let Some(mut conditions) = located(conn, search).await? else {
        return Ok(None);
    };
    conditions.query = query.compile(&db::lexemes(conn, &query.words()).await?);
    let groups = &mut conditions.tokens;
    let one_of = |kind: Kind, values: Vec<i32>| -> Vec<i32> {
        values.into_iter().map(|value| token(kind, value)).collect()
    };
    // The enums' own order, from 1, as SQL counts.
    groups.push(one_of(
        Kind::JobType,
        search.job_types.iter().map(|t| *t as i32 + 1).collect(),
    ));
    groups.push(one_of(
        Kind::Experience,
        search
            .experience_levels
            .iter()
            .map(|level| *level as i32 + 1)
            .collect(),
    ));
    groups.push(one_of(
        Kind::Remote,
        search.is_remote.into_iter().map(i32::from).collect(),
    ));
    groups.push(one_of(Kind::Category, categories_of(conn, search).await?));
    groups.push(one_of(Kind::Company, companies_of(conn, search).await?));
    groups.push(
        search
            .salary_currency
            .iter()
            .map(|code| tokens::currency(code))
            .collect(),
    );
    let yearly = |amount: Option<Decimal>| Some(amount?.to_f64()? * per_year(search.salary_period));
    conditions.pays_at_least = yearly(search.salary_min);
    conditions.starts_at_most = yearly(search.salary_max);
    groups.push(
        conditions
            .pays_at_least
            .and_then(tokens::salary_at_least)
            .into_iter()
            .collect(),
    );
    groups.push(
        conditions
            .starts_at_most
            .and_then(tokens::salary_at_most)
            .into_iter()
            .collect(),
    );
    let within = search
        .posted_within_days
        .map(|days| now - TimeDelta::days(days.into()));
    conditions.posted_after = search.posted_after.max(within);
    if let Some(from) = conditions.posted_after {
        // A day more, for ads dated ahead.
        groups.extend(tokens::slots_between(from, now + TimeDelta::days(1)));
    }
    groups.retain(|group| !group.is_empty());
    Ok(Some(conditions))
}

/// The conditions of the location alone; none where it has no word.
async fn located(conn: &mut PgConnection, search: &Search) -> Result<Option<Conditions>> {
    let mut conditions = Conditions::default();
    let Some(text) = search
        .location
        .as_deref()
        .filter(|text| !text.trim().is_empty())
    else {
        return Ok(Some(conditions));
    };
    let location = places::geocode(text);
    if location.is_remote {
        conditions.tokens.push(vec![token(Kind::Remote, 1)]);
    }
    conditions.near = Vicinity::of(&location, search.radius_km);
    if location.is_unknown() {
        let words = Query::phrase(text);
        let lexemes = db::lexemes(conn, &words.words()).await?;
        conditions.place = words.compile(&lexemes).meant;
        if conditions.place.is_none() {
            return Ok(None);
        }
    }
    Ok(Some(conditions))
}

fn per_year(period: SalaryPeriod) -> f64 {
    match period {
        SalaryPeriod::Hourly => 2_080.0,
        SalaryPeriod::Daily => 260.0,
        SalaryPeriod::Weekly => 52.0,
        SalaryPeriod::Monthly => 12.0,
        SalaryPeriod::Yearly => 1.0,
    }
}

async fn categories_of(conn: &mut PgConnection, search: &Search) -> Result<Vec<i32>> {
    let mut ordinals = Vec::new();
    for reference in &search.categories {
        let id = categories::resolve(conn, reference).await?;
        ordinals.extend(db::category_ordinal(conn, id).await?);
    }
    Ok(ordinals)
}

async fn companies_of(conn: &mut PgConnection, search: &Search) -> Result<Vec<i32>> {
    let mut ordinals = Vec::new();
    for reference in &search.companies {
        let id = companies::resolve(conn, reference).await?;
        ordinals.extend(db::company_ordinal(conn, id).await?);
    }
    Ok(ordinals)
}

/// The jobs of a page with what they say. One that has just ended, which the
/// index may not know yet, is left out.
async fn hits(
    conn: &mut PgConnection,
    page: &[Match],
    conditions: &Conditions,
    by_relevance: bool,
) -> Result<Vec<Hit>> {
    let ids: Vec<Uuid> = page.iter().map(|found| found.job_id).collect();
    let mut texts = db::texts(conn, &ids).await?;
    let jobs = jobs::db::summaries(conn, &ids).await?;
    Ok(jobs
        .into_iter()
        .map(|job| Hit {
            score: page
                .iter()
                .find(|found| by_relevance && found.job_id == job.id)
                .map(|found| f64::from(found.score) / f64::from(db::SCORE_ONE)),
            snippet: snippet(
                &texts.remove(&job.id).unwrap_or_default(),
                &conditions.query.stems,
            ),
            job,
        })
        .collect())
}
