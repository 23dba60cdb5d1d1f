//! What runs when.

use std::time::Duration;

use jobboard_shared::search::tasks::RemoveExpired;

use crate::runtime::{Missed, Schedule};

/// Every line of the schedule:
/// `.every("trending.decay", Duration::from_secs(900), Missed::Skip, |_| DecayScores {})` or
/// `.cron("alerts.digest", "0 6 * * *", Missed::CatchUp, |tick| SendDigests { day: tick.date_naive() })`.
/// Names are stable: they remember the last tick. Times are UTC.
pub fn schedule() -> Schedule {
    Schedule::default().every(
        "search.remove_expired",
        Duration::from_secs(60),
        Missed::Skip,
        |_| RemoveExpired {},
    )
}
