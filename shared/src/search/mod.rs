//! Full-text search over live jobs.
//!
//! The worker writes one row per live job into `job_search_documents`
//! ([`refresh`]); queries read nothing else until they know the page's jobs.

mod compounds;
pub mod db;
mod document;
mod find;
mod language;
mod locality;
mod query;
mod refresh;
mod snippet;
mod suggest;
pub mod tasks;
pub mod terms;
pub mod tokens;

pub use find::{Hit, Search, SearchCursor, Sort, find};
pub use language::Language;
pub use query::Query;
pub use refresh::{Refreshed, refresh};
pub use suggest::{Suggestion, SuggestionKind, suggest};
