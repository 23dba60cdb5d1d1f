//! Bulk imports of job ads.
