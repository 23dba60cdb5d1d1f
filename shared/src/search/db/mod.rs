//! SQL of search.

mod documents;
mod hits;
mod suggestions;

pub use documents::{jobs_of_scope, remove_expired};
pub(super) use documents::{live_jobs, lock_jobs, remove_others, upsert};
pub use hits::Tier;
pub(super) use hits::{
    Match, SCORE_ONE, begin_reading, category_ordinal, company_ordinal, count, lexemes, newest,
    ranked, texts,
};
pub(super) use suggestions::suggestions;
