//! How many tasks of a queue may start now.

use std::time::Duration;

/// What is missing to a whole token and yet only an error of rounding.
const ROUNDING: f64 = 1e-6;

/// A token bucket: every start takes a token; as many as it holds come back in
/// `period`. So `limit` starts at once at most, and `limit` per period in the
/// long run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bucket {
    /// At least 1.
    pub limit: f64,
    pub period: Duration,
    pub tokens: f64,
}

impl Bucket {
    /// As it is after some time in which nothing was taken.
    pub fn refilled(self, elapsed: Duration) -> Self {
        let new = self.limit * elapsed.as_secs_f64() / self.period.as_secs_f64();
        Self {
            tokens: (self.tokens + new).clamp(0.0, self.limit),
            ..self
        }
    }

    /// How many may start now.
    pub fn whole(&self) -> usize {
        // A float becomes the nearest integer that there is.
        (self.tokens + ROUNDING).floor() as usize
    }

    pub fn after_taking(self, starts: usize) -> Self {
        Self {
            tokens: (self.tokens - starts as f64).max(0.0),
            ..self
        }
    }

    /// How long until one may start; zero where one may now.
    pub fn until_next(&self) -> Duration {
        if self.whole() > 0 {
            return Duration::ZERO;
        }
        self.period.mul_f64((1.0 - self.tokens) / self.limit)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn empty(limit: u32, period_ms: u64) -> Bucket {
        Bucket {
            limit: f64::from(limit),
            period: Duration::from_millis(period_ms),
            tokens: 0.0,
        }
    }

    proptest! {
        /// In no stretch of time more than a bucketful and what comes in meanwhile.
        #[test]
        fn keeps_the_rate(
            limit in 1_u32..1000,
            period_ms in 1_u64..100_000,
            steps in prop::collection::vec((0_u64..50_000, 0_usize..2000), 1..60),
        ) {
            let mut bucket = empty(limit, period_ms);
            let mut starts = Vec::new();
            let mut now = 0;
            for (elapsed, wanted) in steps {
                now += elapsed;
                bucket = bucket.refilled(Duration::from_millis(elapsed));
                let taken = wanted.min(bucket.whole());
                bucket = bucket.after_taking(taken);
                starts.push((now, taken));
                prop_assert!(bucket.tokens >= 0.0 && bucket.tokens <= bucket.limit);
            }
            for (i, (from, _)) in starts.iter().enumerate() {
                let mut sum = 0;
                for (to, taken) in &starts[i..] {
                    sum += taken;
                    let length = (to - from) as f64 / period_ms as f64;
                    let most = f64::from(limit) * (1.0 + length);
                    prop_assert!(sum as f64 <= most + 0.001, "{sum} > {most}");
                }
            }
            // It began empty.
            let all: usize = starts.iter().map(|(_, taken)| taken).sum();
            let earned = f64::from(limit) * now as f64 / period_ms as f64;
            prop_assert!(all as f64 <= earned + 0.001);
        }

        /// Who takes whatever there is gets the whole rate.
        #[test]
        fn wastes_nothing(limit in 1_u32..200, period_ms in 1_u64..10_000, pieces in 1_u32..200) {
            let mut bucket = empty(limit, period_ms);
            let mut taken = 0;
            for _ in 0..pieces {
                bucket = bucket.refilled(Duration::from_millis(period_ms) / pieces);
                taken += bucket.whole();
                bucket = bucket.after_taking(bucket.whole());
            }
            prop_assert!(taken + 1 >= limit as usize, "{taken} of {limit}");
        }

        #[test]
        fn says_when_the_next_may_start(limit in 1_u32..1000, period_ms in 1_u64..100_000, tokens in 0.0_f64..1.0) {
            let bucket = Bucket { tokens, ..empty(limit, period_ms) };
            let wait = bucket.until_next();
            prop_assert_eq!(bucket.refilled(wait + Duration::from_micros(1)).whole() > 0, true);
            if wait > Duration::from_millis(1) {
                prop_assert_eq!(bucket.refilled(wait.mul_f64(0.99)).whole(), 0);
            }
        }
    }
}
