//! Buckets in this process.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use super::{
    BucketKey,
    quota::{Quota, Taken},
};

/// Buckets used since they were last put aside. Twice as many are kept.
const GENERATION: usize = 50_000;

/// When each bucket will be full again, in microseconds since the epoch. Those not
/// used for longest are forgotten, and are full then: memory stays bounded however
/// many clients there are.
#[derive(Default)]
pub(super) struct MemoryBuckets(Mutex<Generations>);

#[derive(Default)]
struct Generations {
    young: HashMap<BucketKey, i64>,
    old: HashMap<BucketKey, i64>,
}

impl MemoryBuckets {
    pub(super) fn take(&self, key: BucketKey, quota: Quota, now: i64) -> Taken {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (whole, token) = (quota.whole(), quota.token());
        let full = buckets.get(&key).unwrap_or(now).clamp(now, now + whole);
        let after = full + token;
        let allowed = after - now <= whole;
        let full = if allowed { after } else { full };
        // A refused one too: whoever goes on asking is not forgotten.
        buckets.set(key, full);
        Taken {
            quota,
            allowed,
            missing: full - now,
        }
    }
}

impl Generations {
    fn get(&self, key: &BucketKey) -> Option<i64> {
        self.young.get(key).or_else(|| self.old.get(key)).copied()
    }

    fn set(&mut self, key: BucketKey, full: i64) {
        if self.young.len() >= GENERATION && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, full);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(number: u32) -> BucketKey {
        let mut key = BucketKey::default();
        key[..4].copy_from_slice(&number.to_be_bytes());
        key
    }

    const SECOND: i64 = 1_000_000;

    #[test]
    fn a_bucket_empties_and_fills_again() {
        let buckets = MemoryBuckets::default();
        let quota: Quota = "3/30s".parse().unwrap();
        let take = |at: i64| buckets.take(key(1), quota, at * SECOND);
        let remaining: Vec<u32> = (0..3).map(|_| take(100).remaining()).collect();
        assert_eq!(remaining, [2, 1, 0]);
        let refused = take(100);
        assert!(!refused.allowed);
        assert_eq!(
            (
                refused.remaining(),
                refused.retry_after(),
                refused.full_after()
            ),
            (0, 10, 30)
        );
        assert!(!take(109).allowed);
        assert!(take(110).allowed);
        assert!(!take(110).allowed);
        assert_eq!(take(1000).remaining(), 2);
        // A clock that was put back does not lock a client out for longer.
        assert_eq!(take(1).retry_after(), 10);
        assert!(buckets.take(key(2), quota, SECOND).allowed);
    }

    #[test]
    fn memory_is_bounded_and_the_busy_are_remembered() {
        let buckets = MemoryBuckets::default();
        let quota: Quota = "2/1h".parse().unwrap();
        let mut passed = 0;
        for number in 0..200_000 {
            buckets.take(key(number), quota, SECOND);
            if number % 20_000 == 0 {
                passed += u32::from(buckets.take(key(u32::MAX), quota, SECOND).allowed);
            }
        }
        assert_eq!(passed, 2);
        let generations = buckets.0.lock().unwrap();
        assert!(generations.young.len() + generations.old.len() <= 2 * GENERATION);
    }

    proptest! {
        #[test]
        fn no_more_than_the_quota_passes_within_its_time(
            gaps in proptest::collection::vec(0_i64..5 * SECOND, 1..200),
        ) {
            let buckets = MemoryBuckets::default();
            let quota: Quota = "5/20s".parse().unwrap();
            let (mut now, mut passed) = (0, Vec::new());
            for gap in gaps {
                now += gap;
                if buckets.take(key(1), quota, now).allowed {
                    passed.push(now);
                }
            }
            // A full bucket and what came back meanwhile.
            for (i, start) in passed.iter().enumerate() {
                for window in [20 * SECOND, 60 * SECOND] {
                    let count = passed[i..].iter().filter(|at| **at - start < window).count();
                    prop_assert!(count as i64 <= 5 + window / (4 * SECOND));
                }
            }
        }
    }
}
