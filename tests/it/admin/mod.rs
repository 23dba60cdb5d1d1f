//! What administrators alone do, apart from operating tasks.

mod analytics;
mod categories;
mod settings;
mod skills;
mod verification;
