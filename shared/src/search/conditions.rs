//! What a search asks for, as the index reads it.

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::{Decimal, prelude::ToPrimitive};
use sqlx::PgConnection;

use super::{
    db,
    find::Search,
    locality::Vicinity,
    query::{Compiled, Query},
    tokens::{self, Kind, token},
};
use crate::{Result, categories, companies, jobs::SalaryPeriod, places};

/// The conditions of a search as the index reads them.
#[derive(Clone, Debug, Default)]
pub(super) struct Conditions {
    /// From when ages and spans of time count.
    pub(super) as_of: DateTime<Utc>,
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

impl Conditions {
    /// Whether an index other than that of the dates can look them up.
    pub(super) fn narrow(&self) -> bool {
        self.query.meant.is_some()
            || self.place.is_some()
            || !self.tokens.is_empty()
            || self.near.is_some()
    }
}

/// None where nothing can match.
///
/// # Errors
///
/// `Invalid` for a category or company that does not exist.
pub(super) async fn conditions(
    conn: &mut PgConnection,
    as_of: DateTime<Utc>,
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
    groups.retain(|group| !group.is_empty());
    let within = search
        .posted_within_days
        .map(|days| as_of - TimeDelta::days(days.into()));
    conditions.posted_after = search.posted_after.max(within);
    conditions.as_of = as_of;
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
