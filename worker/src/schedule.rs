//! What runs when.

use crate::runtime::Schedule;

/// Every line of the schedule:
/// `.every("trending.decay", Duration::from_secs(900), Missed::Skip, |_| DecayScores {})` or
/// `.cron("alerts.digest", "0 6 * * *", Missed::CatchUp, |tick| SendDigests { day: tick.date_naive() })`.
/// Names are stable: they remember the last tick. Times are UTC.
pub fn schedule() -> Schedule {
    Schedule::default()
}
