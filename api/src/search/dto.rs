//! Search as clients see it.

use jobboard_shared::search;
use poem_openapi::{ApiResponse, Enum, Object, types::ToJSON};
use uuid::Uuid;

use crate::{
    jobs::dto::{ExperienceLevel, JobSummary, JobType, Workplace},
    paging::Page,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case", remote = "search::Sort")]
pub(super) enum Sort {
    /// Best first; newest first where there is no text to be relevant to
    Relevance,
    /// Newest first
    Date,
    /// What a year may pay at most, the highest first, whatever the currency; pay that
    /// is not told last
    Salary,
    /// Nearest first; only with a `location` that names a city
    Distance,
}

/// Of a distance
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub(crate) enum DistanceUnit {
    Km,
    Mi,
}

impl DistanceUnit {
    pub(super) fn in_km(self) -> f32 {
        match self {
            Self::Km => 1.0,
            Self::Mi => 1.609_344,
        }
    }
}

/// A job that was found
#[derive(Debug, Object)]
pub(super) struct JobHit {
    #[oai(flatten)]
    job: JobSummary,
    /// How well it fits, from 0 to 1; null in lists by date
    score: Option<f64>,
    /// Kilometres from the nearest city of `location`; null where it names none, or the
    /// job is in none
    distance_km: Option<f64>,
    /// A piece of the ad as safe HTML, with what was asked for in `<mark>`
    snippet: String,
}

impl From<search::Hit> for JobHit {
    fn from(hit: search::Hit) -> Self {
        Self {
            job: hit.job.into(),
            score: hit.score,
            distance_km: hit.distance_km.map(|km| (km * 10.0).floor() / 10.0),
            snippet: hit.snippet,
        }
    }
}

/// What was looked for
#[derive(Debug, Object)]
pub(super) struct SearchedQuery {
    /// As it was sent
    pub(super) asked: String,
    /// What the results are of: what was asked or, where nothing matches that, what
    /// was probably meant
    pub(super) searched: String,
    /// What was probably meant, where few or none match what was asked and more match
    /// this
    did_you_mean: Option<String>,
}

impl SearchedQuery {
    /// `meant` was searched instead already on the page before.
    pub(super) fn of(asked: &str, meant: Option<String>) -> Self {
        Self {
            asked: asked.to_owned(),
            searched: meant.clone().unwrap_or_else(|| asked.to_owned()),
            did_you_mean: meant,
        }
    }

    pub(super) fn learn(&mut self, meant: Option<String>, instead: bool) {
        let Some(meant) = meant else { return };
        if instead {
            self.searched.clone_from(&meant);
        }
        self.did_you_mean = Some(meant);
    }

    /// What was searched instead of what was asked.
    pub(super) fn instead(&self) -> Option<&str> {
        (self.searched != self.asked).then_some(&*self.searched)
    }
}

/// A result that was opened
#[derive(Debug, Object)]
pub(super) struct SearchClick {
    /// That of the answer
    pub(super) search_id: Uuid,
    /// Of the job in the results, over all pages
    #[oai(validator(minimum(value = "1"), maximum(value = "1000")))]
    pub(super) position: i16,
}

#[derive(ApiResponse)]
pub(super) enum ClickResponse {
    /// It is noted; a search that is not known is passed over
    #[oai(status = 204)]
    Noted,
}

/// A part of what was found
#[derive(Debug, Object)]
pub(super) struct SearchPage {
    query: SearchedQuery,
    /// Names the search where a result is said to have been opened; null where
    /// nothing of it is kept: without words, or where they may be somebody's address
    search_id: Option<Uuid>,
    results: Vec<JobHit>,
    /// The number of this page, where pages are numbered
    page: Option<u32>,
    page_size: u32,
    /// All jobs that match, with numbered pages: counted where they are few, else
    /// about right
    count: Option<i64>,
    /// Whether they were counted
    count_is_exact: Option<bool>,
    /// Where the next page begins; null on the last one
    next_cursor: Option<String>,
    /// What `facets` asked for
    facets: Facets,
}

impl SearchPage {
    pub(super) fn of(
        page: Page<JobHit>,
        count_is_exact: bool,
        query: SearchedQuery,
        facets: Facets,
        search_id: Option<Uuid>,
    ) -> Self {
        Self {
            query,
            search_id,
            facets,
            count_is_exact: page.count.map(|_| count_is_exact),
            results: page.results,
            page: page.page,
            page_size: page.page_size,
            count: page.count,
            next_cursor: page.next_cursor,
        }
    }
}

/// A fact of jobs whose values are counted
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case", remote = "search::Facet")]
pub(super) enum Facet {
    JobType,
    ExperienceLevel,
    Workplace,
    Category,
    Company,
    Salary,
}

/// How many of the jobs found have which value; null is what was not asked for
#[derive(Debug, Default, Object)]
pub(super) struct Facets {
    job_type: Option<FacetCounts>,
    experience_level: Option<FacetCounts>,
    workplace: Option<FacetCounts>,
    /// The 30 largest; each counts what is in those below it, too
    category: Option<FacetCounts>,
    /// The ten largest
    company: Option<FacetCounts>,
    /// By the most that a year may pay, in whatever currency; lowest first
    salary: Option<FacetCounts>,
}

/// The counts of a fact
#[derive(Debug, Object)]
pub(super) struct FacetCounts {
    /// Whether all were counted; else the newest stand for all, and the counts
    /// are about right
    counts_are_exact: bool,
    /// Most first; those without a job are left out
    values: Vec<FacetValue>,
}

/// A value with the number of its jobs
#[derive(Debug, Object)]
pub(super) struct FacetValue {
    /// As the filter takes it; null where the jobs tell none. Of salaries the lowest
    /// amount and, but for the highest, the amount that they stay below:
    /// `50000-75000`, `300000-`
    value: Option<String>,
    /// Of a category or company
    name: Option<String>,
    count: i64,
}

impl Facets {
    pub(super) fn of(counted: Vec<search::FacetCounts>) -> Self {
        let mut facets = Self::default();
        for counts in counted {
            let place = match counts.facet {
                search::Facet::JobType => &mut facets.job_type,
                search::Facet::ExperienceLevel => &mut facets.experience_level,
                search::Facet::Workplace => &mut facets.workplace,
                search::Facet::Category => &mut facets.category,
                search::Facet::Company => &mut facets.company,
                search::Facet::Salary => &mut facets.salary,
            };
            *place = Some(FacetCounts {
                counts_are_exact: counts.are_exact,
                values: counts.values.into_iter().map(Into::into).collect(),
            });
        }
        facets
    }
}

/// As a filter takes it.
fn text(value: impl ToJSON) -> Option<String> {
    match value.to_json()? {
        serde_json::Value::String(text) => Some(text),
        _ => None,
    }
}

impl From<(search::FacetValue, i64)> for FacetValue {
    fn from((value, count): (search::FacetValue, i64)) -> Self {
        use search::FacetValue as Value;
        let (value, name) = match value {
            Value::JobType(one) => (text(JobType::from(one)), None),
            Value::ExperienceLevel(one) => {
                (one.and_then(|one| text(ExperienceLevel::from(one))), None)
            }
            Value::Workplace(one) => (text(Workplace::from(one)), None),
            Value::Category { id, name } | Value::Company { id, name } => {
                (Some(id.to_string()), Some(name))
            }
            Value::Salary(search::SalaryBand::Unknown) => (None, None),
            Value::Salary(search::SalaryBand::From(from, to)) => {
                let to = to.map_or_else(String::new, |to| to.to_string());
                (Some(format!("{from}-{to}")), None)
            }
        };
        Self { value, name, count }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case", remote = "search::SuggestionKind")]
pub(super) enum SuggestionKind {
    Title,
    Skill,
    Company,
    Place,
}

/// Something to search for
#[derive(Debug, Object)]
pub(super) struct Suggestion {
    kind: SuggestionKind,
    text: String,
}

/// What to search for
#[derive(Debug, Object)]
pub(super) struct Suggestions {
    /// At most ten
    pub(super) results: Vec<Suggestion>,
}

impl From<search::Suggestion> for Suggestion {
    fn from(suggestion: search::Suggestion) -> Self {
        Self {
            kind: suggestion.kind.into(),
            text: suggestion.text,
        }
    }
}
