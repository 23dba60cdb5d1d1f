//! Finding jobs.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgTransaction};
use uuid::Uuid;

use super::{
    climb::{Climb, Effort},
    conditions::{Conditions, conditions},
    cursor::SearchCursor,
    db::{self, Match},
    facets::{self, Facet, FacetCounts},
    order::Order,
    snippet::snippet,
};
use crate::{
    Result,
    jobs::{self, AdLanguage, ExperienceLevel, JobSummary, JobType, SalaryPeriod, Workplace},
    pagination::{Paging, Slice, Start},
};

/// What is searched for. Empty lists and `None` do not narrow. Stored ones (alerts) are
/// without sort and facets.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Search {
    /// Words, "phrases", -exclusions, OR.
    pub text: String,
    /// How the text is read; else in all languages of the board.
    pub language: Option<AdLanguage>,
    /// A place or area as people write it, or "remote".
    pub location: Option<String>,
    pub radius_km: f32,
    pub job_types: Vec<JobType>,
    pub experience_levels: Vec<ExperienceLevel>,
    pub is_remote: Option<bool>,
    pub workplaces: Vec<Workplace>,
    /// Ids, slugs or names of categories; each stands for all below it.
    pub categories: Vec<String>,
    /// Ids, slugs or names.
    pub companies: Vec<String>,
    /// Ids, slugs or names of skills, of which a job asks for one at least.
    pub skills: Vec<String>,
    /// What the job may pay at least.
    pub salary_min: Option<Decimal>,
    /// What the job may start at, at most.
    pub salary_max: Option<Decimal>,
    /// Of the two amounts.
    pub salary_period: SalaryPeriod,
    pub salary_currency: Option<String>,
    /// Whether jobs that tell no salary are among them; where nothing is said, they
    /// are while no amount is asked for.
    pub unknown_salary: Option<bool>,
    pub posted_after: Option<DateTime<Utc>>,
    /// From the time of the first page on.
    pub posted_within_days: Option<u16>,
    #[serde(skip)]
    pub sort: Sort,
    /// What is counted beside the page.
    #[serde(skip)]
    pub facets: Vec<Facet>,
}

impl Default for Search {
    fn default() -> Self {
        Self {
            text: String::new(),
            language: None,
            location: None,
            radius_km: 50.0,
            job_types: vec![],
            experience_levels: vec![],
            is_remote: None,
            workplaces: vec![],
            categories: vec![],
            companies: vec![],
            skills: vec![],
            salary_min: None,
            salary_max: None,
            salary_period: SalaryPeriod::Yearly,
            salary_currency: None,
            unknown_salary: None,
            posted_after: None,
            posted_within_days: None,
            sort: Sort::Relevance,
            facets: vec![],
        }
    }
}

impl Search {
    /// Where the work may be done, by both of the filters that tell; none where
    /// neither narrows.
    pub(super) fn workplaces(&self) -> Option<Vec<Workplace>> {
        let all = [Workplace::OnSite, Workplace::Hybrid, Workplace::Remote];
        if self.workplaces.is_empty() && self.is_remote.is_none() {
            return None;
        }
        let fits = |one: &Workplace| {
            (self.workplaces.is_empty() || self.workplaces.contains(one))
                && self
                    .is_remote
                    .is_none_or(|remote| remote == (*one == Workplace::Remote))
        };
        Some(all.into_iter().filter(fits).collect())
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// By date where there is no text to be relevant to.
    #[default]
    Relevance,
    Date,
    /// By what a year may pay at most, the highest first, whatever the currency; amounts
    /// that differ by less than a thousandth count as equal. Pay that is not told
    /// comes last.
    Salary,
    /// From the nearest of the location's places.
    Distance,
}

/// A job that was found.
#[derive(Clone, Debug)]
pub struct Hit {
    pub job: JobSummary,
    /// From 0 to 1; none in lists by date.
    pub score: Option<f64>,
    /// From the nearest of the location's places that were asked for; none where no
    /// place was, or the job is at none.
    pub distance_km: Option<f64>,
    /// Safe HTML with the words in `<mark>`.
    pub snippet: String,
}

/// A page of a search.
#[derive(Clone, Debug)]
pub struct Found {
    pub hits: Slice<Hit, SearchCursor>,
    /// Whether the total, where there is one, was counted; else it is about right.
    pub total_is_exact: bool,
    /// Those that were asked for, in that order.
    pub facets: Vec<FacetCounts>,
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
) -> Result<Found> {
    find_with(Effort::default(), tx, now, search, paging).await
}

/// [`find`] that reads more or fewer matches before it settles for what it has.
///
/// # Errors
///
/// As [`find`].
pub async fn find_with(
    effort: Effort,
    tx: &mut PgTransaction<'_>,
    now: DateTime<Utc>,
    search: &Search,
    paging: &Paging<SearchCursor>,
) -> Result<Found> {
    db::begin_reading(tx).await?;
    let as_of = paging.cursor().map_or(now, SearchCursor::as_of);
    let counted = matches!(paging.start, Start::Page(_));
    let nothing = Found {
        hits: Slice {
            rows: vec![],
            next: None,
            total: counted.then_some(0),
        },
        total_is_exact: true,
        facets: search
            .facets
            .iter()
            .map(|facet| FacetCounts::none(*facet))
            .collect(),
    };
    let Some(conditions) = conditions(tx, as_of, search).await? else {
        return Ok(nothing);
    };
    let Some(mut climb) = Climb::start(tx, &conditions, effort).await? else {
        return Ok(nothing);
    };
    let by_relevance = search.sort == Sort::Relevance && conditions.query.meant.is_some();
    let order = match search.sort {
        Sort::Salary => Some(Order::Pay),
        Sort::Distance => Order::by_distance(&conditions),
        Sort::Relevance | Sort::Date => None,
    };
    let mut page = match order {
        Some(order) => climb.in_order(&order, paging).await?,
        None if by_relevance => climb.best(paging).await?,
        None => climb.newest(paging).await?,
    };
    let mut total_is_exact = true;
    if counted {
        let total = climb.total().await?;
        page.total = Some(total.count);
        total_is_exact = total.is_exact;
    }
    Ok(Found {
        facets: facets::count(tx, &conditions, effort, &search.facets).await?,
        hits: Slice {
            rows: hits(tx, &page.rows, &conditions, by_relevance).await?,
            next: page.next,
            total: page.total,
        },
        total_is_exact,
    })
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
    let away = match &conditions.near {
        Some(near) => db::distances(conn, near, &ids).await?,
        None => HashMap::new(),
    };
    let jobs = jobs::db::summaries(conn, &ids).await?;
    Ok(jobs
        .into_iter()
        .map(|job| Hit {
            score: page
                .iter()
                .find(|found| by_relevance && found.job_id == job.id)
                .map(|found| f64::from(found.score) / f64::from(db::SCORE_ONE)),
            distance_km: away.get(&job.id).copied(),
            snippet: snippet(
                &texts.remove(&job.id).unwrap_or_default(),
                &conditions.query.shown,
            ),
            job,
        })
        .collect())
}
