//! Figures as clients see them.

use chrono::NaiveDate;
use jobboard_shared::analytics::{Counts, Report};
use poem_openapi::Object;

/// What happened in some time
#[derive(Debug, Object)]
struct Figures {
    /// Jobs published for the first time
    postings: i64,
    views: i64,
    applications: i64,
    /// Applications for each view; null without views
    conversion: Option<f64>,
    /// Applications that were accepted
    hires: usize,
    /// From applying to being accepted, in seconds; null without hires
    time_to_hire_median: Option<i64>,
    /// Nine of ten were accepted within it
    time_to_hire_p90: Option<i64>,
}

impl From<&Counts> for Figures {
    fn from(counts: &Counts) -> Self {
        Self {
            postings: counts.postings,
            views: counts.views,
            applications: counts.applications,
            conversion: counts.conversion(),
            hires: counts.hire_seconds.len(),
            time_to_hire_median: counts.time_to_hire(0.5),
            time_to_hire_p90: counts.time_to_hire(0.9),
        }
    }
}

/// A day, from midnight to midnight UTC
#[derive(Debug, Object)]
struct DayFigures {
    day: NaiveDate,
    #[oai(flatten)]
    figures: Figures,
}

/// Figures of a range of days
#[derive(Debug, Object)]
pub(super) struct Analytics {
    from: NaiveDate,
    /// Included; the present day is counted up to now
    to: NaiveDate,
    /// Where days begin: UTC
    time_zone: String,
    total: Figures,
    /// Every day of the range, the first one first
    days: Vec<DayFigures>,
}

impl From<Report> for Analytics {
    fn from(report: Report) -> Self {
        Self {
            from: report.range.from,
            to: report.range.to,
            time_zone: "UTC".to_owned(),
            total: (&report.total).into(),
            days: report
                .days
                .iter()
                .map(|(day, counts)| DayFigures {
                    day: *day,
                    figures: counts.into(),
                })
                .collect(),
        }
    }
}
