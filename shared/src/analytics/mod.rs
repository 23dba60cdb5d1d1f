//! What happened on the board, day by day in UTC.

pub mod db;
pub mod tasks;

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{Error, Result, employers::CompanyRole, rules::Rules};

/// The most days that one question is about.
pub const MAX_DAYS: u64 = 366;
/// Days shown where nobody says how many, the present one included.
const DEFAULT_DAYS: u64 = 30;
/// Days that one task rolls up.
const DAYS_PER_TASK: usize = 50;

/// Whose jobs are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// The jobs of this employer's profile and of the companies that they recruit for.
    pub employer_id: Option<Uuid>,
    pub job_id: Option<Uuid>,
}

impl Filter {
    fn is_everything(self) -> bool {
        self == Self::default()
    }
}

/// First and last day, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    pub from: NaiveDate,
    pub to: NaiveDate,
}

/// What happened in some time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counts {
    /// Jobs published for the first time.
    pub postings: i64,
    pub views: i64,
    pub applications: i64,
    /// From applying to being accepted, in seconds, ascending; one for each who was
    /// accepted.
    pub hire_seconds: Vec<i64>,
}

impl Counts {
    /// Applications for each view; none without views.
    pub fn conversion(&self) -> Option<f64> {
        (self.views > 0).then(|| self.applications as f64 / self.views as f64)
    }

    /// The time in which this part of those accepted were: 0.5 is the median. The
    /// least that `part` of them did not exceed.
    pub fn time_to_hire(&self, part: f64) -> Option<i64> {
        let rank = (part * self.hire_seconds.len() as f64).ceil() as usize;
        let rank = rank.saturating_sub(1);
        self.hire_seconds.get(rank).copied()
    }

    fn add(&mut self, other: &Self) {
        self.postings += other.postings;
        self.views += other.views;
        self.applications += other.applications;
        self.hire_seconds.extend(&other.hire_seconds);
        self.hire_seconds.sort_unstable();
    }
}

/// A range with each of its days.
#[derive(Clone, Debug)]
pub struct Report {
    pub range: Range,
    pub total: Counts,
    pub days: BTreeMap<NaiveDate, Counts>,
}

/// The range that a request names, by default the last 30 days.
pub async fn range(
    conn: &mut PgConnection,
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
) -> Result<Range> {
    let today = db::today(conn).await?;
    let to = to.unwrap_or(today);
    let default_from = to.checked_sub_days(Days::new(DEFAULT_DAYS - 1));
    let from = from.or(default_from).unwrap_or(to);
    let mut rules = Rules::new();
    if to > today {
        rules.refuse("to", "in_the_future", format!("today is {today} (UTC)"));
    }
    if from > to {
        rules.refuse("from", "after_end", "must not be after `to`");
    } else if (to - from).num_days().unsigned_abs() >= MAX_DAYS {
        rules.refuse("from", "range_too_long", format!("at most {MAX_DAYS} days"));
    }
    rules.finish()?;
    Ok(Range { from, to })
}

/// What happened in the range: from rolled-up days, and from the events themselves
/// from the first day on that is not rolled up.
pub async fn report(conn: &mut PgConnection, filter: Filter, range: Range) -> Result<Report> {
    if let Some(job_id) = filter.job_id {
        db::role_for_job(conn, job_id, filter.employer_id)
            .await?
            .ok_or(Error::NotFound("job"))?
            .ensure(CompanyRole::Recruiter)?;
    }
    let live_from = db::first_live_day(conn, range).await?;
    let mut days: BTreeMap<NaiveDate, Counts> = range
        .from
        .iter_days()
        .take_while(|day| *day <= range.to)
        .map(|day| (day, Counts::default()))
        .collect();
    let until = live_from.min(range.to + Days::new(1));
    let rolled_up = if filter.is_everything() {
        db::board_days(conn, range, until).await?
    } else {
        db::job_days(conn, filter, range, until).await?
    };
    let live = db::live_days(conn, filter, range, live_from).await?;
    for (day, counts) in rolled_up.into_iter().chain(live) {
        days.entry(day).or_default().add(&counts);
    }
    let mut total = Counts::default();
    for counts in days.values() {
        total.add(counts);
    }
    Ok(Report { range, total, days })
}

/// Rolls up days that are over and are not rolled up yet, the oldest first. Gives
/// whether there are more. Belongs in a transaction; rolling up a day twice gives
/// the same.
pub async fn roll_up_missing(conn: &mut PgConnection) -> Result<bool> {
    db::lock(conn).await?;
    let missing = db::missing_days(conn, DAYS_PER_TASK + 1).await?;
    for day in missing.iter().take(DAYS_PER_TASK) {
        db::roll_up(conn, *day).await?;
    }
    Ok(missing.len() > DAYS_PER_TASK)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hired(hire_seconds: &[i64]) -> Counts {
        Counts {
            hire_seconds: hire_seconds.to_vec(),
            ..Counts::default()
        }
    }

    #[test]
    fn times_to_hire_are_ones_that_happened() {
        assert_eq!(hired(&[]).time_to_hire(0.5), None);
        assert_eq!(hired(&[7]).time_to_hire(0.5), Some(7));
        assert_eq!(hired(&[7]).time_to_hire(0.9), Some(7));
        let ten = hired(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        assert_eq!(ten.time_to_hire(0.5), Some(5));
        assert_eq!(ten.time_to_hire(0.9), Some(9));
    }

    #[test]
    fn without_views_there_is_no_conversion() {
        let mut counts = Counts {
            applications: 1,
            ..Counts::default()
        };
        assert_eq!(counts.conversion(), None);
        counts.views = 4;
        assert_eq!(counts.conversion(), Some(0.25));
    }
}
