//! SQL of the recommendations.

mod candidates;
mod consent;
mod experiment;
mod feedback;
mod hidden;
mod lists;
mod models;
mod nearby;
mod profiles;

pub use candidates::{cards, forget_terms, lock_terms, shortlist, store_terms};
pub use consent::{allows_personalisation, forget_list};
pub use experiment::{ArmCounts, KeptModel, Run, arm_counts, kept_models, runs};
pub use feedback::{forget_feedback, insert_feedback, mark_clicked};
pub use hidden::{hidden, hide, unhide};
pub use lists::{
    delete_expired, freshness, mark_viewed, neighbours, newest, store, store_neighbours, stored,
    trending,
};
pub use models::{
    LATE_COMMITS, activate_model, active_user_blocks, candidate_facts, deeds, is_stale, job_texts,
    jobs_since, latest_head, live_job_texts, live_of, load_model, most_trending, store_model,
};
pub use nearby::trending_nearby;
pub use profiles::{active_users_between, kept_from, profiles};
