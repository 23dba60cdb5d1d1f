//! Counts of durations by fixed buckets, a factor of √2 apart from 100 µs to more
//! than an hour: small, quick, and added up by adding.

use std::time::Duration;

/// Doublings from the first bound to the last but one.
const DOUBLINGS: usize = 26;
/// The last bucket holds what is longer than every bound.
pub const BUCKETS: usize = 2 * DOUBLINGS + 1;
const FIRST: u64 = 100_000;
/// `FIRST` times √2.
const SECOND: u64 = 141_421;

/// The longest duration of each bucket but the last, in nanoseconds.
const BOUNDS: [u64; BUCKETS - 1] = {
    let mut bounds = [0; BUCKETS - 1];
    let mut i = 0;
    while i < DOUBLINGS {
        bounds[2 * i] = FIRST << i;
        bounds[2 * i + 1] = SECOND << i;
        i += 1;
    }
    bounds
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Histogram {
    counts: [u64; BUCKETS],
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            counts: [0; BUCKETS],
        }
    }
}

impl Histogram {
    /// From the buckets' counts; those that are missing are empty.
    pub fn of(counts: &[i64]) -> Self {
        let mut histogram = Self::default();
        for (count, given) in histogram.counts.iter_mut().zip(counts) {
            *count = u64::try_from(*given).unwrap_or_default();
        }
        histogram
    }

    pub fn record(&mut self, duration: Duration) {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        let bucket = BOUNDS.partition_point(|bound| *bound < nanos);
        self.counts[bucket] += 1;
    }

    pub fn merge(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
    }

    /// What this has and an earlier state of it had not.
    pub fn since(&self, earlier: &Self) -> Self {
        let mut rest = self.clone();
        for (count, had) in rest.counts.iter_mut().zip(&earlier.counts) {
            *count = count.saturating_sub(*had);
        }
        rest
    }

    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The buckets' counts up to the last that is not empty.
    pub fn counts(&self) -> &[u64] {
        let used = self.counts.iter().rposition(|count| *count > 0);
        &self.counts[..used.map_or(0, |last| last + 1)]
    }

    /// The longest duration of a bucket, and how many were not longer; without
    /// the last bucket, which has no bound.
    pub fn cumulative(&self) -> impl Iterator<Item = (Duration, u64)> {
        BOUNDS
            .iter()
            .zip(&self.counts)
            .scan(0, |sum, (bound, count)| {
                *sum += count;
                Some((Duration::from_nanos(*bound), *sum))
            })
    }

    /// The duration that a share of all (0 to 1) does not exceed, off by a factor
    /// of √2 at most; of what is longer than the last bound, that bound. `None`
    /// where nothing was counted.
    pub fn quantile(&self, share: f64) -> Option<Duration> {
        let total = self.total();
        if total == 0 {
            return None;
        }
        let rank = (share.clamp(0.0, 1.0) * total as f64).ceil().max(1.0) as u64;
        let mut below = 0;
        for (bucket, count) in self.counts.iter().enumerate() {
            if below + count >= rank {
                let within = (rank - below) as f64 / *count as f64;
                return Some(between(bucket, within));
            }
            below += count;
        }
        Some(Duration::from_nanos(BOUNDS[BUCKETS - 2]))
    }
}

/// The duration at a share of the way through a bucket.
fn between(bucket: usize, share: f64) -> Duration {
    let Some(high) = BOUNDS.get(bucket) else {
        return Duration::from_nanos(BOUNDS[BUCKETS - 2]);
    };
    let high = *high as f64;
    let nanos = match bucket.checked_sub(1) {
        None => high * share,
        Some(before) => {
            let low = BOUNDS[before] as f64;
            low * (high / low).powf(share)
        }
    };
    Duration::from_nanos(nanos.round() as u64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(nanos: &[u64]) -> Histogram {
        let mut histogram = Histogram::default();
        for nanos in nanos {
            histogram.record(Duration::from_nanos(*nanos));
        }
        histogram
    }

    #[test]
    fn the_bounds_go_from_100_us_to_more_than_an_hour() {
        assert_eq!(BOUNDS[0], 100_000);
        assert!(BOUNDS[BUCKETS - 2] > 3_600_000_000_000);
        assert!(BOUNDS.windows(2).all(|pair| {
            let factor = pair[1] as f64 / pair[0] as f64;
            (1.414..1.4143).contains(&factor)
        }));
    }

    #[test]
    fn nothing_counted_has_no_quantile() {
        assert_eq!(Histogram::default().quantile(0.5), None);
        assert!(Histogram::default().counts().is_empty());
    }

    #[test]
    fn what_is_longer_than_all_bounds_is_counted_last() {
        let day = of(&[86_400_000_000_000]);
        assert_eq!(day.counts().len(), BUCKETS);
        assert_eq!(day.cumulative().last().unwrap().1, 0);
    }

    proptest! {
        #[test]
        fn a_quantile_is_off_by_a_bucket_at_most(
            mut nanos in prop::collection::vec(0_u64..3_600_000_000_000, 1..200),
            share in 0.0..=1.0_f64,
        ) {
            let estimate = of(&nanos).quantile(share).unwrap().as_nanos() as f64;
            nanos.sort_unstable();
            let rank = ((share * nanos.len() as f64).ceil() as usize).max(1);
            let exact = nanos[rank - 1] as f64;
            if exact <= FIRST as f64 {
                prop_assert!(estimate <= FIRST as f64);
            } else {
                prop_assert!((0.70..1.42).contains(&(estimate / exact)), "{estimate} {exact}");
            }
        }

        #[test]
        fn merging_is_counting_together(
            a in prop::collection::vec(0_u64..1_000_000_000_000_000, 0..50),
            b in prop::collection::vec(0_u64..1_000_000_000_000_000, 0..50),
        ) {
            let mut merged = of(&a);
            merged.merge(&of(&b));
            let together = of(&[a.clone(), b].concat());
            prop_assert_eq!(&merged, &together);
            prop_assert_eq!(together.since(&of(&a)).total() + a.len() as u64, together.total());
            let stored: Vec<i64> = merged.counts().iter().map(|n| *n as i64).collect();
            prop_assert_eq!(Histogram::of(&stored), merged);
        }
    }
}
