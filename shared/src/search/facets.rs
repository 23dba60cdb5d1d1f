//! How what matches is spread over the values of its facts.
//!
//! Where few match, all are counted. Where many do, the newest of them are, and
//! stand for the others: such counts are about right. A facet does not heed the
//! filter over itself, so that it shows what else could be chosen; it heeds all
//! others.

use std::collections::BTreeMap;

use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    climb::{Climb, Effort},
    conditions::Conditions,
    db::{self, Facts, Named},
    total::two_digits,
};
use crate::{
    Result,
    jobs::{ExperienceLevel, JobType, Workplace},
};

/// A fact of jobs whose values are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Facet {
    JobType,
    ExperienceLevel,
    Workplace,
    /// A category counts what is in those below it, too.
    Category,
    Company,
    Salary,
}

/// The counts of a facet.
#[derive(Clone, Debug, PartialEq)]
pub struct FacetCounts {
    pub facet: Facet,
    /// Else they are about right.
    pub are_exact: bool,
    /// Most first, but salaries by amount. None that has no job.
    pub values: Vec<(FacetValue, i64)>,
}

impl FacetCounts {
    pub(super) fn none(facet: Facet) -> Self {
        Self {
            facet,
            are_exact: true,
            values: vec![],
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum FacetValue {
    JobType(JobType),
    /// None: the ad tells none.
    ExperienceLevel(Option<ExperienceLevel>),
    Workplace(Workplace),
    Category {
        id: Uuid,
        name: String,
    },
    Company {
        id: Uuid,
        name: String,
    },
    Salary(SalaryBand),
}

/// Jobs by what a year may pay, in whatever currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SalaryBand {
    /// From the first amount on, up to the second, which is not in it any more.
    From(u32, Option<u32>),
    Unknown,
}

const BANDS: [u32; 9] = [
    0, 25_000, 50_000, 75_000, 100_000, 125_000, 150_000, 200_000, 300_000,
];

/// Values that a facet shows at most.
const MOST_COMPANIES: usize = 10;
const MOST_CATEGORIES: usize = 30;

/// Counts facets of what matches.
pub(super) async fn count(
    conn: &mut PgConnection,
    conditions: &Conditions,
    effort: Effort,
    facets: &[Facet],
) -> Result<Vec<FacetCounts>> {
    let mut all: Option<Sampled> = None;
    let mut counted = Vec::with_capacity(facets.len());
    for facet in facets {
        let own;
        let sampled = match conditions.without(*facet) {
            Some(wider) => {
                own = sample(conn, &wider, effort).await?;
                &own
            }
            None => {
                if all.is_none() {
                    all = Some(sample(conn, conditions, effort).await?);
                }
                all.get_or_insert_default()
            }
        };
        counted.push(of(conn, *facet, sampled).await?);
    }
    Ok(counted)
}

/// Matches and for how many each of them stands.
#[derive(Debug, Default)]
struct Sampled {
    facts: Vec<Facts>,
    /// None: they are all.
    weight: Option<f64>,
}

async fn sample(
    conn: &mut PgConnection,
    conditions: &Conditions,
    effort: Effort,
) -> Result<Sampled> {
    let Some(mut climb) = Climb::start(conn, conditions, effort).await? else {
        return Ok(Sampled::default());
    };
    let newest = climb.newest_of_all(i64::from(effort.all) * 2).await?;
    Ok(Sampled {
        facts: db::facts(conn, conditions, newest.part()).await?,
        weight: newest.weight,
    })
}

async fn of(conn: &mut PgConnection, facet: Facet, sampled: &Sampled) -> Result<FacetCounts> {
    let facts = &sampled.facts;
    let values = match facet {
        Facet::JobType => most(facts.iter().filter_map(job_type)),
        Facet::ExperienceLevel => most(facts.iter().map(experience_level)),
        Facet::Workplace => most(
            facts
                .iter()
                .map(|one| FacetValue::Workplace(Workplace::of(one.is_remote, one.is_hybrid))),
        ),
        Facet::Salary => by_band(facts),
        Facet::Category => categories(conn, facts).await?,
        Facet::Company => companies(conn, facts).await?,
    };
    let stands_for = |count: i64| match sampled.weight {
        None => count,
        Some(weight) => two_digits(count as f64 * weight),
    };
    Ok(FacetCounts {
        facet,
        are_exact: sampled.weight.is_none(),
        values: values
            .into_iter()
            .map(|(value, count)| (value, stands_for(count)))
            .collect(),
    })
}

/// Places in their enums count from 1, as SQL does.
fn job_type(one: &Facts) -> Option<FacetValue> {
    let all = [
        JobType::FullTime,
        JobType::PartTime,
        JobType::Contract,
        JobType::Freelance,
        JobType::Internship,
    ];
    let at = usize::try_from(one.job_type - 1).ok()?;
    all.get(at).copied().map(FacetValue::JobType)
}

fn experience_level(one: &Facts) -> FacetValue {
    let all = [
        ExperienceLevel::Entry,
        ExperienceLevel::Intermediate,
        ExperienceLevel::Senior,
        ExperienceLevel::Lead,
        ExperienceLevel::Executive,
    ];
    let at = one.experience_level.map(|level| level - 1);
    let at = at.and_then(|at| usize::try_from(at).ok());
    FacetValue::ExperienceLevel(at.and_then(|at| all.get(at).copied()))
}

/// The values with how often they come, most first.
fn most(values: impl Iterator<Item = FacetValue>) -> Vec<(FacetValue, i64)> {
    let mut counts: Vec<(FacetValue, i64)> = Vec::new();
    for value in values {
        match counts.iter_mut().find(|(known, _)| *known == value) {
            Some((_, count)) => *count += 1,
            None => counts.push((value, 1)),
        }
    }
    counts.sort_by_key(|(_, count)| -count);
    counts
}

fn band(pay: Option<f32>) -> SalaryBand {
    let Some(pay) = pay else {
        return SalaryBand::Unknown;
    };
    let above = BANDS.partition_point(|from| *from as f32 <= pay);
    let from = BANDS.get(above.saturating_sub(1)).copied().unwrap_or(0);
    SalaryBand::From(from, BANDS.get(above).copied())
}

fn by_band(facts: &[Facts]) -> Vec<(FacetValue, i64)> {
    let mut counts: BTreeMap<SalaryBand, i64> = BTreeMap::new();
    for one in facts {
        *counts.entry(band(one.pay)).or_default() += 1;
    }
    counts
        .into_iter()
        .map(|(band, count)| (FacetValue::Salary(band), count))
        .collect()
}

/// The ordinals with how often they come, most first, the older first of equals.
fn counted(ordinals: impl Iterator<Item = i32>) -> Vec<(i32, i64)> {
    let mut counts: BTreeMap<i32, i64> = BTreeMap::new();
    for ordinal in ordinals {
        *counts.entry(ordinal).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| -count);
    counts
}

async fn categories(conn: &mut PgConnection, facts: &[Facts]) -> Result<Vec<(FacetValue, i64)>> {
    let own = counted(facts.iter().filter_map(|one| one.category_ordinal));
    let ordinals: Vec<i32> = own.iter().map(|(ordinal, _)| *ordinal).collect();
    let mut known = db::categories_upwards(conn, &ordinals).await?;
    let mut totals: BTreeMap<i32, i64> = BTreeMap::new();
    for (ordinal, count) in own {
        let mut at = Some(ordinal);
        // As deep as the index goes.
        for _ in 0..20 {
            let Some(ordinal) = at else { break };
            *totals.entry(ordinal).or_default() += count;
            at = known.get(&ordinal).and_then(|category| category.parent);
        }
    }
    let mut totals: Vec<_> = totals.into_iter().collect();
    totals.sort_by_key(|(_, count)| -count);
    totals.truncate(MOST_CATEGORIES);
    Ok(totals
        .into_iter()
        .filter_map(|(ordinal, count)| {
            let Named { id, name, .. } = known.remove(&ordinal)?;
            Some((FacetValue::Category { id, name }, count))
        })
        .collect())
}

async fn companies(conn: &mut PgConnection, facts: &[Facts]) -> Result<Vec<(FacetValue, i64)>> {
    let mut counts = counted(facts.iter().map(|one| one.company_ordinal));
    counts.truncate(MOST_COMPANIES);
    let ordinals: Vec<i32> = counts.iter().map(|(ordinal, _)| *ordinal).collect();
    let mut known = db::companies(conn, &ordinals).await?;
    Ok(counts
        .into_iter()
        .filter_map(|(ordinal, count)| {
            let Named { id, name, .. } = known.remove(&ordinal)?;
            Some((FacetValue::Company { id, name }, count))
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_band_begins_with_its_amount() {
        assert_eq!(band(None), SalaryBand::Unknown);
        assert_eq!(band(Some(0.0)), SalaryBand::From(0, Some(25_000)));
        assert_eq!(band(Some(24_999.5)), SalaryBand::From(0, Some(25_000)));
        assert_eq!(band(Some(25_000.0)), SalaryBand::From(25_000, Some(50_000)));
        assert_eq!(band(Some(1e9)), SalaryBand::From(300_000, None));
        assert!(SalaryBand::From(300_000, None) < SalaryBand::Unknown);
    }
}
