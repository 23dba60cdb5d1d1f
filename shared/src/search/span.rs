//! Spans of publication times.

use chrono::{DateTime, TimeDelta, Utc, serde::ts_seconds_option};
use serde::{Deserialize, Serialize};

/// The narrowest slot of publication times, in seconds.
const SLOT: i64 = 6 * 3600;

/// From one time, included, to another, not included; open where there is none.
/// Those in cursors begin and end with slots, so seconds tell them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Span {
    #[serde(rename = "f", with = "ts_seconds_option")]
    pub(super) from: Option<DateTime<Utc>>,
    #[serde(rename = "o", with = "ts_seconds_option")]
    pub(super) to: Option<DateTime<Utc>>,
}

impl Span {
    pub(super) fn until(to: Option<DateTime<Utc>>) -> Self {
        Self { from: None, to }
    }

    /// The last time in it that a document can have. An open span reaches a day
    /// beyond `now`, for clocks that differ.
    pub(super) fn last(self, now: DateTime<Utc>) -> DateTime<Utc> {
        match self.to {
            Some(to) => to - TimeDelta::microseconds(1),
            None => now + TimeDelta::days(1),
        }
    }
}

/// The beginning of the slot that holds the time so many hours before `at`; of the
/// quarter of an hour, where a slot would be wider than what is asked for.
pub(super) fn slot_before(at: DateTime<Utc>, hours: f64) -> Option<DateTime<Utc>> {
    let seconds = at.timestamp() - (hours * 3600.0) as i64;
    let step = if hours * 3600.0 < SLOT as f64 {
        900
    } else {
        SLOT
    };
    DateTime::from_timestamp(seconds.div_euclid(step) * step, 0)
}
