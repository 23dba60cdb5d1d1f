//! Full-text search over live jobs.

mod language;
mod plain;
pub mod tasks;
pub mod terms;
pub mod tokens;

pub use language::Language;
pub use plain::plain_text;
