//! What the API and the workers share: domain types, all SQL, the task queue,
//! configuration and mail.

pub mod alerts;
pub mod analytics;
pub mod applications;
pub mod auth;
pub mod cache;
pub mod categories;
pub mod clock;
pub mod companies;
pub mod config;
pub mod data_dir;
pub mod database;
pub mod employers;
pub mod error;
pub mod exports;
pub mod freelancers;
pub mod idempotency;
pub mod imports;
pub mod jobs;
pub mod limits;
pub mod live;
pub mod mail;
pub mod messages;
pub mod metrics;
pub mod notifications;
pub mod pagination;
pub mod places;
pub mod plain_text;
pub mod queue;
pub mod recommendations;
pub mod redis_connection;
pub mod rules;
pub mod saved_jobs;
pub mod search;
pub mod settings;
pub mod skills;
pub mod slug;
pub mod startup;
pub mod summaries;
pub mod trending;
pub mod users;
pub mod verification;
pub mod versions;
pub mod warnings;

pub use clock::Clock;
pub use error::{Error, FieldError, Result};
