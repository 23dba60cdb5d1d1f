//! Five-field cron lines, in UTC.

use std::str::FromStr;

use chrono::{DateTime, Datelike, Days, TimeDelta, Timelike, Utc};

/// `minute hour day-of-month month day-of-week`, each `*`, `*/step`, a number, a
/// range `a-b`, `a-b/step`, or a list of those. Sunday is 0 or 7. Where both
/// days are restricted, either will do, as in other crons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cron {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    any_day: bool,
    any_weekday: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("wrong cron line {line:?}: {what}")]
pub struct CronError {
    line: String,
    what: String,
}

impl FromStr for Cron {
    type Err = CronError;

    fn from_str(line: &str) -> Result<Self, CronError> {
        let wrong = |what: String| CronError {
            line: line.to_owned(),
            what,
        };
        let fields: Vec<_> = line.split_whitespace().collect();
        let &[minute, hour, day, month, weekday] = fields.as_slice() else {
            return Err(wrong(format!("{} fields instead of 5", fields.len())));
        };
        let mut weekdays = field(weekday, 0, 7).map_err(&wrong)?;
        if weekdays & (1 << 7) != 0 {
            weekdays |= 1;
        }
        Ok(Self {
            minutes: field(minute, 0, 59).map_err(&wrong)?,
            hours: field(hour, 0, 23).map_err(&wrong)?,
            days: field(day, 1, 31).map_err(&wrong)?,
            months: field(month, 1, 12).map_err(&wrong)?,
            weekdays,
            any_day: day.starts_with('*'),
            any_weekday: weekday.starts_with('*'),
        })
    }
}

/// The allowed numbers as bits.
fn field(text: &str, least: u32, most: u32) -> Result<u64, String> {
    let number = |text: &str| {
        text.parse::<u32>()
            .ok()
            .filter(|n| (least..=most).contains(n))
            .ok_or_else(|| format!("{text:?} is not within {least}-{most}"))
    };
    let mut bits = 0;
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => match step.parse::<u32>() {
                Ok(step) if step > 0 => (range, Some(step)),
                _ => return Err(format!("step {step:?}")),
            },
            None => (part, None),
        };
        let (first, last) = match range.split_once('-') {
            _ if range == "*" => (least, most),
            Some((first, last)) => (number(first)?, number(last)?),
            None if step.is_some() => (number(range)?, most),
            None => (number(range)?, number(range)?),
        };
        if first > last {
            return Err(format!("{range:?} runs backwards"));
        }
        for n in (first..=last).step_by(step.unwrap_or(1) as usize) {
            bits |= 1 << n;
        }
    }
    Ok(bits)
}

impl Cron {
    /// The first minute after `time` that fits; none for a day that never comes,
    /// such as 31 February.
    pub fn after(&self, time: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let mut day = time.date_naive();
        let mut earliest = time.hour() * 60 + time.minute() + 1;
        // Two leap days are at most eight years apart.
        for _ in 0..(8 * 366) {
            if self.fits_day(day) {
                let minute = (earliest..24 * 60).find(|m| {
                    self.hours & (1 << (m / 60)) != 0 && self.minutes & (1 << (m % 60)) != 0
                });
                if let Some(minute) = minute {
                    let midnight = day.and_hms_opt(0, 0, 0)?.and_utc();
                    return Some(midnight + TimeDelta::minutes(i64::from(minute)));
                }
            }
            day = day.checked_add_days(Days::new(1))?;
            earliest = 0;
        }
        None
    }

    fn fits_day(&self, day: chrono::NaiveDate) -> bool {
        let in_days = self.days & (1 << day.day()) != 0;
        let in_weekdays = self.weekdays & (1 << day.weekday().num_days_from_sunday()) != 0;
        let day_fits = if self.any_day || self.any_weekday {
            in_days && in_weekdays
        } else {
            in_days || in_weekdays
        };
        day_fits && self.months & (1 << day.month()) != 0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn after(line: &str, time: &str) -> Option<String> {
        let time: DateTime<Utc> = time.parse().unwrap();
        let next = line.parse::<Cron>().unwrap().after(time)?;
        Some(next.format("%Y-%m-%dT%H:%M").to_string())
    }

    #[test]
    fn finds_the_next_minute() {
        for (line, time, next) in [
            ("* * * * *", "2026-11-22T10:00:00Z", "2026-11-22T10:01"),
            ("* * * * *", "2026-11-22T23:59:59Z", "2026-11-23T00:00"),
            ("*/15 * * * *", "2026-11-22T10:00:01Z", "2026-11-22T10:15"),
            ("30 6 * * *", "2026-11-22T06:30:00Z", "2026-11-23T06:30"),
            (
                "0 9-17/4 * * 1-5",
                "2026-11-22T10:00:00Z",
                "2026-11-23T09:00",
            ),
            ("0 0 29 2 *", "2026-11-22T10:00:00Z", "2028-02-29T00:00"),
            ("0 0 1 * 0", "2026-11-23T10:00:00Z", "2026-11-29T00:00"),
            ("0 0 * * 7", "2026-11-23T10:00:00Z", "2026-11-29T00:00"),
        ] {
            assert_eq!(after(line, time).as_deref(), Some(next), "{line}");
        }
        assert_eq!(after("0 0 31 2 *", "2026-11-22T10:00:00Z"), None);
    }

    #[test]
    fn refuses_what_it_does_not_understand() {
        for line in [
            "",
            "* * * *",
            "60 * * * *",
            "* 24 * * *",
            "5-1 * * * *",
            "*/0 * * * *",
            "x * * * *",
        ] {
            assert!(line.parse::<Cron>().is_err(), "{line:?}");
        }
    }

    proptest! {
        #[test]
        fn always_later_and_within_the_line(seconds in 0_i64..4_000_000_000, minute in 0_u32..60) {
            let time = DateTime::from_timestamp(seconds, 0).unwrap();
            let next = format!("{minute} * * * *").parse::<Cron>().unwrap().after(time).unwrap();
            prop_assert!(next > time && next - time <= TimeDelta::hours(1));
            prop_assert_eq!(next.minute(), minute);
        }
    }
}
