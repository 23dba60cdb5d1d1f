//! How long a failed task waits.

use std::time::Duration;

const FIRST: Duration = Duration::from_secs(4);
const LONGEST: Duration = Duration::from_secs(3600);
/// The most that newly enqueued work waits for the backoff of the failed twin
/// it is merged with: it may be the very edit that makes the task succeed.
pub const LONGEST_MERGED_BACKOFF: Duration = Duration::from_secs(300);

/// The wait after the given failed attempt (1 is the first): doubles each time
/// up to an hour, a fifth more or less by chance so that what failed together
/// does not come back together.
pub fn delay_after(attempt: i16) -> Duration {
    let doublings = u32::from(attempt.max(1).unsigned_abs() - 1).min(20);
    let exact = FIRST.saturating_mul(1 << doublings).min(LONGEST);
    exact.mul_f64(rand::random_range(0.8..1.2))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn grows_and_stays_within_bounds(attempt in i16::MIN..i16::MAX) {
            let delay = delay_after(attempt);
            prop_assert!(delay >= FIRST.mul_f64(0.8));
            prop_assert!(delay <= LONGEST.mul_f64(1.2));
        }

        #[test]
        fn doubles(attempt in 1_i16..9) {
            let ratio = delay_after(attempt + 1).as_secs_f64() / delay_after(attempt).as_secs_f64();
            prop_assert!((2.0 * 0.8 / 1.2 - 1e-6..=2.0 * 1.2 / 0.8 + 1e-6).contains(&ratio));
        }
    }
}
