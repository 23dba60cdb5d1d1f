//! SQL of search.

mod documents;
mod hits;
mod matching;
mod progress;
mod suggestions;

pub(super) use documents::{differing, live_jobs, lock_jobs, remove_others, upsert};
pub use documents::{jobs_of_scope, remove_expired};
pub(super) use hits::{
    Match, begin_reading, category_ordinal, company_ordinal, count, documents, ends, lexemes,
    newest, ranked, texts,
};
pub use matching::Tier;
pub(super) use matching::{Part, SCORE_ONE};
pub use progress::{Progress, count_published, rebuild_progress};
pub(super) use suggestions::suggestions;
