//! How much is allowed, and what became of one attempt.

use std::{fmt, str::FromStr, time::Duration};

/// A bucket of `amount` tokens that fills within `per`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    amount: u32,
    per: Duration,
}

const MOST: u32 = 1_000_000;
const LONGEST: Duration = Duration::from_secs(24 * 3600);

impl Quota {
    /// `None`: no tokens, or bounds that no bucket can keep.
    pub fn new(amount: u32, per: Duration) -> Option<Self> {
        let right =
            (1..=MOST).contains(&amount) && (Duration::from_secs(1)..=LONGEST).contains(&per);
        right.then_some(Self { amount, per })
    }

    pub fn amount(self) -> u32 {
        self.amount
    }

    pub fn per(self) -> Duration {
        self.per
    }

    /// What a whole bucket takes to fill, in microseconds.
    pub(super) fn whole(self) -> i64 {
        self.token() * i64::from(self.amount)
    }

    /// What one token takes to come back, in microseconds.
    pub(super) fn token(self) -> i64 {
        i64::try_from(self.per.as_micros() / u128::from(self.amount)).unwrap_or(i64::MAX)
    }
}

/// `1000/1h`.
impl FromStr for Quota {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parse = || {
            let (amount, per) = text.split_once('/')?;
            let (per, unit) = per
                .trim()
                .split_at_checked(per.trim().len().checked_sub(1)?)?;
            let seconds = match unit {
                "s" => 1,
                "m" => 60,
                "h" => 3600,
                "d" => 24 * 3600,
                _ => return None,
            };
            let number: u64 = if per.is_empty() { 1 } else { per.parse().ok()? };
            let per = Duration::from_secs(number.checked_mul(seconds)?);
            Self::new(amount.trim().parse().ok()?, per)
        };
        parse().ok_or_else(|| {
            format!("must be a number from 1 to {MOST} and a time of a day at most, as 1000/1h")
        })
    }
}

impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}s", self.amount, self.per.as_secs())
    }
}

/// What an attempt to take a token came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    pub quota: Quota,
    pub allowed: bool,
    /// Until the bucket is full again, in microseconds.
    pub(super) missing: i64,
}

impl Taken {
    /// Tokens left.
    pub fn remaining(&self) -> u32 {
        let left = (self.quota.whole() - self.missing).max(0) / self.quota.token();
        u32::try_from(left).unwrap_or(u32::MAX)
    }

    /// Seconds until the bucket is full again, rounded up.
    pub fn full_after(&self) -> u64 {
        seconds(self.missing)
    }

    /// Seconds until there is a token again, rounded up; at least one.
    pub fn retry_after(&self) -> u64 {
        seconds(self.missing + self.quota.token() - self.quota.whole()).max(1)
    }
}

fn seconds(micros: i64) -> u64 {
    u64::try_from(micros).unwrap_or(0).div_ceil(1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotas_are_read_as_they_are_said() {
        let read = |text: &str| text.parse::<Quota>().map(|quota| quota.to_string());
        assert_eq!(read("1000/1h").as_deref(), Ok("1000/3600s"));
        assert_eq!(read(" 5 / 10s").as_deref(), Ok("5/10s"));
        assert_eq!(read("7/d").as_deref(), Ok("7/86400s"));
        for wrong in [
            "",
            "5",
            "0/1h",
            "5/0s",
            "5/2d",
            "-1/1h",
            "5/1w",
            "5/h1",
            "1000001/1s",
            "5/é",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
