//! Search as clients see it.

use jobboard_shared::search;
use poem_openapi::{Enum, Object};

use crate::{jobs::dto::JobSummary, paging::Page};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case", remote = "search::Sort")]
pub(super) enum Sort {
    /// Best first; newest first where there is no text to be relevant to
    Relevance,
    /// Newest first
    Date,
}

/// Of a distance
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub(super) enum DistanceUnit {
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
    /// A piece of the ad as safe HTML, with what was asked for in `<mark>`
    snippet: String,
}

impl From<search::Hit> for JobHit {
    fn from(hit: search::Hit) -> Self {
        Self {
            job: hit.job.into(),
            score: hit.score,
            snippet: hit.snippet,
        }
    }
}

/// What was looked for
#[derive(Debug, Object)]
pub(super) struct SearchedQuery {
    /// As it was sent
    asked: String,
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

/// A part of what was found
#[derive(Debug, Object)]
pub(super) struct SearchPage {
    query: SearchedQuery,
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
}

impl SearchPage {
    pub(super) fn of(page: Page<JobHit>, count_is_exact: bool, query: SearchedQuery) -> Self {
        Self {
            query,
            count_is_exact: page.count.map(|_| count_is_exact),
            results: page.results,
            page: page.page,
            page_size: page.page_size,
            count: page.count,
            next_cursor: page.next_cursor,
        }
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
