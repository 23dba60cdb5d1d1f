//! What a search asks for, as the index reads it.

use std::slice;

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::{Decimal, prelude::ToPrimitive};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    compiled::Compiled,
    db,
    document::workplace,
    facets::Facet,
    find::{Search, Sort},
    language::Language,
    layout,
    lexemes::Form,
    locality::Vicinity,
    query::Query,
    synonyms,
    tokens::{self, Kind, token},
};
use crate::{
    Error, Result, categories, companies,
    jobs::{SalaryPeriod, Workplace},
    places,
    rules::keep,
    skills,
};

/// The conditions of a search as the index reads them.
#[derive(Clone, Debug, Default)]
pub(super) struct Conditions {
    /// What every document is known to hold.
    pub(super) layout: i32,
    /// From when ages and spans of time count.
    pub(super) as_of: DateTime<Utc>,
    pub(super) query: Compiled,
    /// Words of a location that is no known place.
    pub(super) place: Option<String>,
    /// Of each group a job has at least one token.
    pub(super) groups: Vec<Group>,
    /// A job asks for at least one of these, where its tokens do not tell it yet.
    pub(super) skill_ids: Vec<Uuid>,
    pub(super) near: Option<Vicinity>,
    pub(super) pays_at_least: Option<f64>,
    pub(super) starts_at_most: Option<f64>,
    /// The two amounts do not count for a job that tells no salary.
    pub(super) or_unknown: bool,
    pub(super) posted_after: Option<DateTime<Utc>>,
}

/// Tokens of which a job has at least one.
#[derive(Clone, Debug)]
pub(super) struct Group {
    /// Whose filter it is: counts of this facet leave it out.
    pub(super) facet: Option<Facet>,
    pub(super) tokens: Vec<i32>,
}

impl Conditions {
    fn require(&mut self, facet: Option<Facet>, tokens: Vec<i32>) {
        if !tokens.is_empty() {
            self.groups.push(Group { facet, tokens });
        }
    }

    /// Without what narrows this facet itself; none where nothing does.
    pub(super) fn without(&self, facet: Facet) -> Option<Self> {
        let mut wider = self.clone();
        wider.groups.retain(|group| group.facet != Some(facet));
        if facet == Facet::Salary {
            wider.pays_at_least = None;
            wider.starts_at_most = None;
        }
        (wider.groups.len() < self.groups.len()).then_some(wider)
    }

    /// Whether an index other than that of the dates can look them up.
    pub(super) fn narrow(&self) -> bool {
        self.query.whole().is_some()
            || self.place.is_some()
            || !self.groups.is_empty()
            || !self.skill_ids.is_empty()
            || self.near.is_some()
    }
}

/// None where nothing can match.
///
/// # Errors
///
/// `Invalid` for each category, company and skill that does not exist, and for
/// distances from nowhere.
pub(super) async fn conditions(
    conn: &mut PgConnection,
    as_of: DateTime<Utc>,
    search: &Search,
) -> Result<Option<Conditions>> {
    let mut query = Query::parse(&search.text);
    let layout = synonyms::expand(conn, &mut query).await?;
    let located = located(conn, search, layout).await?;
    if query.is_senseless() {
        return Ok(None);
    }
    let Some(mut conditions) = located else {
        return Ok(None);
    };
    let languages = search.language.map(Language::from);
    conditions.query = compiled(conn, &query, languages, layout).await?;
    let one_of = |kind: Kind, values: Vec<i32>| -> Vec<i32> {
        values.into_iter().map(|value| token(kind, value)).collect()
    };
    // The enums' own order, from 1, as SQL counts.
    let job_types = search.job_types.iter().map(|t| *t as i32 + 1).collect();
    conditions.require(Some(Facet::JobType), one_of(Kind::JobType, job_types));
    let levels = search.experience_levels.iter();
    let levels = levels.map(|level| *level as i32 + 1).collect();
    conditions.require(
        Some(Facet::ExperienceLevel),
        one_of(Kind::Experience, levels),
    );
    if let Some(workplaces) = search.workplaces() {
        // Also where none is left: then nothing matches but in counts of this facet.
        conditions.groups.push(Group {
            facet: Some(Facet::Workplace),
            tokens: workplaces.into_iter().map(workplace).collect(),
        });
    }
    let named = named(conn, search).await?;
    conditions.require(
        Some(Facet::Category),
        one_of(Kind::Category, named.categories),
    );
    conditions.require(Some(Facet::Company), one_of(Kind::Company, named.companies));
    if named.skills.is_empty() || layout >= layout::NEIGHBOURS {
        let ordinals = named.skills.iter().map(|skill| skill.ordinal).collect();
        conditions.require(None, one_of(Kind::Skill, ordinals));
    } else {
        conditions.skill_ids = named.skills.iter().map(|skill| skill.id).collect();
    }
    pay(&mut conditions, search);
    let within = search
        .posted_within_days
        .map(|days| as_of - TimeDelta::days(days.into()));
    conditions.posted_after = search.posted_after.max(within);
    conditions.as_of = as_of;
    Ok(Some(conditions))
}

/// Pay: each amount by the step below or above it, and then exactly.
fn pay(conditions: &mut Conditions, search: &Search) {
    let unknown = [token(Kind::SalaryUnknown, 0)];
    let yearly = |amount: Option<Decimal>| Some(amount?.to_f64()? * per_year(search.salary_period));
    conditions.pays_at_least = yearly(search.salary_min);
    conditions.starts_at_most = yearly(search.salary_max);
    let amounts = [
        (
            conditions.pays_at_least,
            tokens::salary_at_least as fn(f64) -> Option<i32>,
        ),
        (conditions.starts_at_most, tokens::salary_at_most),
    ];
    let any_amount = amounts.iter().any(|(amount, _)| amount.is_some());
    let with_unknown = search.unknown_salary.unwrap_or(!any_amount);
    conditions.or_unknown = with_unknown;
    for (amount, step) in amounts {
        let Some(amount) = amount else { continue };
        let mut tokens = step(amount).map_or_else(tokens::salary_known, |token| vec![token]);
        if with_unknown {
            tokens.extend(unknown);
        }
        conditions.require(Some(Facet::Salary), tokens);
    }
    if !any_amount && !with_unknown {
        conditions.require(Some(Facet::Salary), tokens::salary_known());
    }
    if let Some(code) = &search.salary_currency {
        let mut tokens = vec![tokens::currency(code)];
        if search.unknown_salary == Some(true) {
            tokens.extend(unknown);
        }
        conditions.require(None, tokens);
    }
}

/// The conditions of the location alone; none where it has no word.
async fn located(
    conn: &mut PgConnection,
    search: &Search,
    layout: i32,
) -> Result<Option<Conditions>> {
    let mut conditions = Conditions {
        layout,
        ..Conditions::default()
    };
    let Some(text) = search
        .location
        .as_deref()
        .filter(|text| !text.trim().is_empty())
    else {
        if search.sort == Sort::Distance {
            return Err(no_distance());
        }
        return Ok(Some(conditions));
    };
    let location = places::geocode(text);
    if location.is_remote {
        conditions.require(None, vec![workplace(Workplace::Remote)]);
    }
    conditions.near = Vicinity::of(&location, search.radius_km);
    if search.sort == Sort::Distance && location.places.is_empty() {
        return Err(no_distance());
    }
    if let Some(near) = &mut conditions.near
        && layout >= layout::NEIGHBOURS
    {
        near.look_up_places();
    }
    if location.is_unknown() {
        conditions.place = compiled(conn, &Query::phrase(text), None, layout)
            .await?
            .whole();
        if conditions.place.is_none() {
            return Ok(None);
        }
    }
    Ok(Some(conditions))
}

/// Documents that do not tell yet what stands side by side have to be read instead.
async fn compiled(
    conn: &mut PgConnection,
    query: &Query,
    language: Option<Language>,
    layout: i32,
) -> Result<Compiled> {
    let lexemes = db::lexemes(conn, &query.words()).await?;
    let ads = if layout >= layout::NEIGHBOURS {
        Form::Paired
    } else {
        Form::Plain
    };
    let languages = language
        .as_ref()
        .map_or(&Language::ALL[..], slice::from_ref);
    Ok(query.compile(&lexemes, languages, ads))
}

fn no_distance() -> Error {
    Error::invalid(
        "sort",
        "no_distance",
        "distances need a `location` that names a city",
    )
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

/// What a search names, found.
#[derive(Default)]
struct Named {
    categories: Vec<i32>,
    companies: Vec<i32>,
    skills: Vec<db::SkillNumber>,
}

/// All that do not exist are named together.
async fn named(conn: &mut PgConnection, search: &Search) -> Result<Named> {
    let mut named = Named::default();
    let mut unknown = Vec::new();
    for reference in &search.categories {
        if let Some(id) = keep(categories::resolve(conn, reference).await, &mut unknown)? {
            named
                .categories
                .extend(db::category_ordinal(conn, id).await?);
        }
    }
    for reference in &search.companies {
        if let Some(id) = keep(companies::resolve(conn, reference).await, &mut unknown)? {
            named.companies.extend(db::company_ordinal(conn, id).await?);
        }
    }
    for reference in &search.skills {
        if let Some(id) = keep(skills::resolve(conn, reference).await, &mut unknown)? {
            named.skills.extend(db::skill_number(conn, id).await?);
        }
    }
    if unknown.is_empty() {
        Ok(named)
    } else {
        Err(Error::Invalid(unknown))
    }
}
