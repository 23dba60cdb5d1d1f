//! What narrows a search: the same in the parameters of a search and in saved ones.

use jobboard_shared::search::Search;
use poem_openapi::Object;
use rust_decimal::Decimal;

use super::dto::DistanceUnit;
use crate::jobs::dto::{AdLanguage, ExperienceLevel, JobType, SalaryPeriod, Workplace};

/// What narrows a search, named as its parameters
#[derive(Clone, Debug, Object)]
pub(crate) struct Filters {
    /// Words, "phrases", -exclusions and `OR` between neighbours
    #[oai(validator(max_length = 1000))]
    pub(crate) q: Option<String>,
    /// How to read the words; if it is left out, in each language of the board
    pub(crate) language: Option<AdLanguage>,
    /// A city, state, country or region in any spelling, or `remote`
    #[oai(validator(max_length = 300))]
    pub(crate) location: Option<String>,
    /// How far from the location's cities
    #[oai(
        default = "fifty",
        validator(minimum(value = "1"), maximum(value = "5000"))
    )]
    pub(crate) radius: f32,
    #[oai(default = "km")]
    pub(crate) radius_unit: DistanceUnit,
    /// Any of these
    #[oai(default, validator(max_items = 20))]
    pub(crate) job_type: Vec<JobType>,
    /// Any of these
    #[oai(default, validator(max_items = 20))]
    pub(crate) experience_level: Vec<ExperienceLevel>,
    pub(crate) is_remote: Option<bool>,
    /// Any of these
    #[oai(default, validator(max_items = 20))]
    pub(crate) workplace: Vec<Workplace>,
    /// Id, slug or name, any of these; the categories below are included
    #[oai(default, validator(max_items = 20))]
    pub(crate) category: Vec<String>,
    /// Id, slug or name, any of these
    #[oai(default, validator(max_items = 20))]
    pub(crate) company: Vec<String>,
    /// Id, slug or name of a skill that the job asks for, any of these
    #[oai(default, validator(max_items = 20))]
    pub(crate) skill: Vec<String>,
    /// Pay that the job may reach; the pay of jobs is counted for a whole year. A
    /// number, or a string to be exact
    pub(crate) salary_min: Option<Decimal>,
    /// Pay that the job's lowest does not exceed. A number, or a string to be exact
    pub(crate) salary_max: Option<Decimal>,
    /// Of the two amounts
    #[oai(default = "yearly")]
    pub(crate) salary_period: SalaryPeriod,
    #[oai(validator(pattern = "^[A-Z]{3}$"))]
    pub(crate) salary_currency: Option<String>,
    /// Whether jobs that tell no pay are among them. If it is left out, they are as
    /// long as neither `salary_min` nor `salary_max` is given
    pub(crate) salary_unknown: Option<bool>,
}

impl From<Filters> for Search {
    fn from(filters: Filters) -> Self {
        Self {
            text: filters.q.unwrap_or_default(),
            language: filters.language.map(Into::into),
            location: filters.location,
            radius_km: filters.radius * filters.radius_unit.in_km(),
            job_types: filters.job_type.into_iter().map(Into::into).collect(),
            experience_levels: filters
                .experience_level
                .into_iter()
                .map(Into::into)
                .collect(),
            is_remote: filters.is_remote,
            workplaces: filters.workplace.into_iter().map(Into::into).collect(),
            categories: filters.category,
            companies: filters.company,
            skills: filters.skill,
            salary_min: filters.salary_min,
            salary_max: filters.salary_max,
            salary_period: filters.salary_period.into(),
            salary_currency: filters.salary_currency,
            unknown_salary: filters.salary_unknown,
            ..Self::default()
        }
    }
}

/// As it was saved, distances in kilometres.
impl From<Search> for Filters {
    fn from(search: Search) -> Self {
        Self {
            q: Some(search.text).filter(|text| !text.is_empty()),
            language: search.language.map(Into::into),
            location: search.location,
            radius: search.radius_km,
            radius_unit: km(),
            job_type: search.job_types.into_iter().map(Into::into).collect(),
            experience_level: search
                .experience_levels
                .into_iter()
                .map(Into::into)
                .collect(),
            is_remote: search.is_remote,
            workplace: search.workplaces.into_iter().map(Into::into).collect(),
            category: search.categories,
            company: search.companies,
            skill: search.skills,
            salary_min: search.salary_min,
            salary_max: search.salary_max,
            salary_period: search.salary_period.into(),
            salary_currency: search.salary_currency,
            salary_unknown: search.unknown_salary,
        }
    }
}

pub(super) fn fifty() -> f32 {
    50.0
}

pub(super) fn km() -> DistanceUnit {
    DistanceUnit::Km
}

pub(super) fn yearly() -> SalaryPeriod {
    SalaryPeriod::Yearly
}
