//! Full-text search over live jobs.
//!
//! The worker writes one row per live job into `job_search_documents`
//! ([`refresh`]); queries read nothing else until they know the page's jobs.

pub mod db;
mod document;
mod language;
mod locality;
mod plain;
mod refresh;
pub mod tasks;
pub mod terms;
pub mod tokens;

pub use language::Language;
pub use plain::plain_text;
pub use refresh::{Refreshed, refresh};
