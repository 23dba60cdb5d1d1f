//! Turning the ticks of the schedule into tasks, once per fleet.

use std::{str::FromStr, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use jobboard_shared::queue::{NewTask, Task, db};
use sqlx::{Connection, PgConnection};

use super::cron::Cron;

/// The most ticks of one line that one pass makes good.
const MOST_TICKS: usize = 100;

/// What happens to ticks that passed while no scheduler ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missed {
    /// Only the last one becomes a task, and none while one is pending.
    Skip,
    /// Every one becomes a task, the oldest first (unless the tasks have a
    /// unique key of their own, by which they merge).
    CatchUp,
}

impl Missed {
    fn as_str(self) -> &'static str {
        match self {
            Self::Skip => "skip",
            Self::CatchUp => "catch up",
        }
    }
}

#[derive(Clone, Debug)]
enum When {
    Every(TimeDelta),
    /// With the line as it was written.
    Cron(Cron, String),
}

impl When {
    fn after(&self, time: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            // Multiples since 1970, the same for every scheduler.
            Self::Every(every) => {
                let length = every.num_milliseconds().max(1);
                let next = (time.timestamp_millis().div_euclid(length) + 1) * length;
                DateTime::from_timestamp_millis(next)
            }
            Self::Cron(cron, _) => cron.after(time),
        }
    }

    /// For people.
    fn text(&self) -> String {
        match self {
            Self::Every(every) => format!("every {} s", every.as_seconds_f64()),
            Self::Cron(_, line) => format!("cron {line}"),
        }
    }
}

type Make = Box<dyn Fn(DateTime<Utc>) -> Result<NewTask, sqlx::Error> + Send + Sync>;

struct Line {
    name: &'static str,
    when: When,
    missed: Missed,
    make: Make,
}

/// The lines that schedulers keep.
#[derive(Default)]
pub struct Schedule {
    lines: Vec<Line>,
}

impl Schedule {
    /// At every multiple of a length of time (since 1970).
    pub fn every<T: Task>(
        self,
        name: &'static str,
        every: Duration,
        missed: Missed,
        make: impl Fn(DateTime<Utc>) -> T + Send + Sync + 'static,
    ) -> Self {
        let every = TimeDelta::from_std(every).unwrap_or(TimeDelta::MAX);
        self.line(name, When::Every(every), missed, make)
    }

    /// By a [`Cron`] line.
    ///
    /// # Panics
    ///
    /// At start-up, if the line is wrong.
    pub fn cron<T: Task>(
        self,
        name: &'static str,
        line: &str,
        missed: Missed,
        make: impl Fn(DateTime<Utc>) -> T + Send + Sync + 'static,
    ) -> Self {
        match Cron::from_str(line) {
            Ok(cron) => self.line(name, When::Cron(cron, line.to_owned()), missed, make),
            Err(error) => panic!("schedule line {name}: {error}"),
        }
    }

    fn line<T: Task>(
        mut self,
        name: &'static str,
        when: When,
        missed: Missed,
        make: impl Fn(DateTime<Utc>) -> T + Send + Sync + 'static,
    ) -> Self {
        assert!(
            self.lines.iter().all(|line| line.name != name),
            "two schedule lines {name}"
        );
        let make = Box::new(move |tick: DateTime<Utc>| {
            let mut task = NewTask::of(&make(tick))?;
            // Ticks are claimed once; the key also keeps what is skipped from
            // piling up behind a queue that stands still.
            task.unique_key.get_or_insert_with(|| match missed {
                Missed::Skip => format!("schedule {name}"),
                Missed::CatchUp => format!("schedule {name} {}", tick.timestamp()),
            });
            Ok(task)
        });
        self.lines.push(Line {
            name,
            when,
            missed,
            make,
        });
        self
    }

    fn names(&self) -> Vec<String> {
        self.lines.iter().map(|line| line.name.to_owned()).collect()
    }
}

/// Enqueues the tasks of all ticks that have come since the last call of any
/// scheduler; gives how many. A line seen for the first time starts now. A line
/// that cannot be kept, because somebody holds a row that it needs, waits for the
/// next call and keeps no other from its ticks.
pub async fn tick(conn: &mut PgConnection, schedule: &Schedule) -> Result<u64, sqlx::Error> {
    let names = schedule.names();
    let known = db::last_ticks(conn, &names).await?;
    if known.len() < names.len() {
        db::register_lines(conn, &names).await?;
    }
    let mut enqueued = 0;
    for last in known {
        let Some(line) = schedule.lines.iter().find(|line| line.name == last.name) else {
            continue;
        };
        match tick_line(conn, line, &last).await {
            Ok(ticks) => enqueued += ticks,
            Err(error @ sqlx::Error::Database(_)) => {
                tracing::error!(line = line.name, %error, "cannot keep a line of the schedule");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(enqueued)
}

async fn tick_line(
    conn: &mut PgConnection,
    line: &Line,
    last: &db::LastTick,
) -> Result<u64, sqlx::Error> {
    describe(conn, line, last).await?;
    let ticks = due(line, last.last_tick, last.now);
    let Some(newest) = ticks.last() else {
        return Ok(0);
    };
    let tasks = ticks
        .iter()
        .map(|tick| (line.make)(*tick))
        .collect::<Result<Vec<_>, _>>()?;
    let mut tx = conn.begin().await?;
    let next = line.when.after(*newest);
    if !db::claim_ticks(&mut tx, line.name, last.last_tick, *newest, next).await? {
        return Ok(0);
    }
    for task in &tasks {
        // One by one: with a key of its own each merges into the last.
        db::insert(&mut tx, std::slice::from_ref(task)).await?;
    }
    tx.commit().await?;
    tracing::debug!(line = line.name, tasks = tasks.len(), "schedule ticked");
    Ok(tasks.len() as u64)
}

/// Writes down what the line is, where that is not known yet or was different.
async fn describe(
    conn: &mut PgConnection,
    line: &Line,
    known: &db::LastTick,
) -> Result<(), sqlx::Error> {
    let (rhythm, missed) = (line.when.text(), line.missed.as_str());
    if known.rhythm.as_ref() == Some(&rhythm)
        && known.missed.as_deref() == Some(missed)
        && known.next_tick.is_some()
    {
        return Ok(());
    }
    let next = line.when.after(known.last_tick);
    db::describe_line(conn, line.name, &rhythm, missed, next).await
}

/// The ticks after `last` up to `now` that become tasks.
fn due(line: &Line, last: DateTime<Utc>, now: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    let ticks = std::iter::successors(line.when.after(last), |tick| line.when.after(*tick))
        .take_while(|tick| *tick <= now);
    match line.missed {
        Missed::Skip => ticks.last().into_iter().collect(),
        Missed::CatchUp => ticks.take(MOST_TICKS).collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Sweep {
        tick: DateTime<Utc>,
    }

    impl Task for Sweep {
        const KIND: &'static str = "test.sweep";
        const QUEUE: &'static str = "default";
    }

    fn at(time: &str) -> DateTime<Utc> {
        format!("2026-11-22T{time}Z").parse().unwrap()
    }

    #[test]
    fn missed_ticks_are_skipped_or_made_good() {
        let schedule = Schedule::default()
            .every("skip", Duration::from_secs(60), Missed::Skip, |tick| {
                Sweep { tick }
            })
            .cron("catch up", "*/2 * * * *", Missed::CatchUp, |tick| Sweep {
                tick,
            });
        let due = |line: usize| due(&schedule.lines[line], at("10:00:00"), at("10:05:30"));
        assert_eq!(due(0), [at("10:05:00")]);
        assert_eq!(due(1), [at("10:02:00"), at("10:04:00")]);
        assert!(super::due(&schedule.lines[0], at("10:05:00"), at("10:05:59")).is_empty());
    }
}
