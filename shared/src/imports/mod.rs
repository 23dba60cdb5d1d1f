//! Bulk imports of job ads.

pub mod emails;
