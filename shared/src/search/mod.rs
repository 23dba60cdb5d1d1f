//! Full-text search over live jobs.
//!
//! The worker writes one row per live job into `job_search_documents`
//! ([`refresh`]); queries read nothing else until they know the page's jobs.

mod climb;
mod compiled;
mod compounds;
mod conditions;
mod cursor;
pub mod db;
mod document;
mod facets;
mod find;
mod language;
mod layout;
mod lexemes;
mod lexicon;
mod locality;
pub mod log;
mod meant;
mod order;
mod pay;
mod query;
mod refresh;
mod requirement;
mod snippet;
mod sorted;
mod span;
mod standing;
mod suggest;
pub mod synonyms;
pub mod tasks;
pub mod terms;
pub mod tokens;
mod total;
pub mod vocabulary;

pub use climb::Effort;
pub use cursor::SearchCursor;
pub use facets::{Facet, FacetCounts, FacetValue, SalaryBand};
pub use find::{Found, Hit, Search, Sort, find, find_with};
pub use language::Language;
pub use layout::{LAYOUT, is_current, rebuild_if_outdated};
pub use lexicon::{correct, neighbours_on_keyboard};
pub use meant::{Answered, answer};
pub use query::Query;
pub use refresh::{Refreshed, differing, refresh};
pub use standing::{EVERY, Near, READING, Standing, TOKEN_MARK, standing};
pub use suggest::{Suggestion, SuggestionKind, suggest};
