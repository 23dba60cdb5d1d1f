//! SQL of the recommendations.

mod lists;
mod models;
mod profiles;

pub use lists::{
    delete_expired, mark_viewed, neighbours, newest, store, store_neighbours, stored, trending,
    trending_nearby,
};
pub use models::{
    LATE_COMMITS, active_user_blocks, candidate_facts, is_stale, job_texts, jobs_since,
    latest_head, live_job_texts, load_model, store_model,
};
pub use profiles::{active_users_between, applied_jobs, profiles};
