//! SQL of search.

mod documents;
mod facets;
mod hits;
mod layout;
mod lexicon;
pub mod log;
mod matching;
mod progress;
mod shares;
mod sorted;
mod suggestions;
pub mod synonyms;
mod vocabulary;

pub(super) use documents::{differing, live_jobs, lock_jobs, remove_others, upsert};
pub use documents::{jobs_of_scope, remove_expired};
pub(super) use facets::{Facts, Named, categories_upwards, companies, facts};
pub(super) use hits::{
    Match, SkillNumber, begin_reading, category_ordinal, company_ordinal, count, documents, ends,
    lexemes, newest, ranked, skill_number, skill_numbers, texts,
};
pub(super) use layout::layout;
pub use layout::{drop_title_index, set_layout};
pub(super) use lexicon::{word_pairs, words_beginning, words_like};
pub use matching::Tier;
pub(super) use matching::{Part, SCORE_ONE};
pub use progress::{Progress, count_published, rebuild_progress};
pub(super) use shares::shares;
pub(super) use sorted::{distances, keys, sorted};
pub(super) use suggestions::{beginning_with, worked_out};
pub(super) use vocabulary::{
    job_names, last_build, put_beginnings, put_offers, put_pairs, put_words, record_build,
};
