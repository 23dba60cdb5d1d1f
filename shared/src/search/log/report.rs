//! What administrators see of the log.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

pub use crate::search::db::log::report;

/// Some words that were searched for, with whatever filters.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SearchedWords {
    pub words: String,
    pub searches: i64,
    /// About: who asked on several days counts for each.
    pub visitors: i64,
    /// The most that was found under any of the filters.
    pub results: i32,
    pub clicks: i64,
    /// Of the clicks, from 1.
    pub mean_position: Option<f64>,
    pub last_on: NaiveDate,
}

/// What is looked for in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportFilter {
    /// Today and the days before it.
    pub days: u16,
    /// Searches that found nothing the last time.
    pub without_results: bool,
}

/// A place in the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportCursor {
    pub searches: i64,
    pub words: String,
}
