//! The task of weekly summaries.

use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::queue::Task;

/// Promises a block of employers the mail about a week; enqueues the next block.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PromiseSummaries {
    /// Its Monday.
    pub week: NaiveDate,
    /// The last account that is done.
    #[serde(default)]
    pub after: Option<Uuid>,
}

impl PromiseSummaries {
    /// About the last week that was over then.
    pub fn at(tick: DateTime<Utc>) -> Self {
        let day = tick.date_naive();
        let back = u64::from(day.weekday().num_days_from_monday()) + 7;
        Self {
            week: day.checked_sub_days(Days::new(back)).unwrap_or(day),
            after: None,
        }
    }
}

impl Task for PromiseSummaries {
    const KIND: &'static str = "summaries.promise";
    const QUEUE: &'static str = "default";
    const PRIORITY: i16 = 5;

    fn unique_key(&self) -> Option<String> {
        Some(match self.after {
            None => self.week.to_string(),
            Some(after) => format!("{}:{after}", self.week),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_week_before_is_told_whichever_day_it_is() {
        for (tick, week) in [
            ("2026-11-23T06:30:00Z", "2026-11-16"),
            ("2026-11-29T23:59:59Z", "2026-11-16"),
            ("2026-11-30T00:00:00Z", "2026-11-23"),
        ] {
            let task = PromiseSummaries::at(tick.parse().unwrap());
            assert_eq!(task.week.to_string(), week, "{tick}");
        }
    }
}
