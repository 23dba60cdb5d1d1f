//! Counting what ends, at a price that no task feels.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use jobboard_shared::queue::{
    Again, LeasedTask, Settlement,
    db::{self, MinuteCounts},
    histogram::Histogram,
};

use super::patience::Database;

/// How often the counts are written down.
pub(super) const FLUSH_RHYTHM: Duration = Duration::from_secs(5);

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Done,
    /// To be tried again.
    Failed,
    Dead,
    Snoozed,
    Released,
    Cancelled,
    /// Another worker had the task by then.
    Lost,
}

impl Outcome {
    pub(crate) const ALL: [Self; 7] = [
        Self::Done,
        Self::Failed,
        Self::Dead,
        Self::Snoozed,
        Self::Released,
        Self::Cancelled,
        Self::Lost,
    ];

    pub(crate) fn of(settlement: &Settlement) -> Self {
        match settlement {
            Settlement::Done => Self::Done,
            Settlement::Dead { .. } => Self::Dead,
            Settlement::Cancelled => Self::Cancelled,
            Settlement::Again { why, .. } => match why {
                Again::Failed { .. } | Again::Lapsed { .. } => Self::Failed,
                Again::Snoozed => Self::Snoozed,
                Again::Released => Self::Released,
            },
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Dead => "dead",
            Self::Snoozed => "snoozed",
            Self::Released => "released",
            Self::Cancelled => "cancelled",
            Self::Lost => "lost",
        }
    }
}

/// The runs of one kind since the process began.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    outcomes: [u64; Outcome::ALL.len()],
    /// Runs that were not the first of their task.
    pub(crate) retries: u64,
    /// From due to started.
    pub(crate) waits: Histogram,
    pub(crate) wait_seconds: f64,
    pub(crate) runs: Histogram,
    pub(crate) run_seconds: f64,
}

impl Counts {
    pub(crate) fn outcome(&self, outcome: Outcome) -> u64 {
        self.outcomes[outcome as usize]
    }

    fn add(&mut self, task: &LeasedTask, run: Duration, outcome: Outcome) {
        self.outcomes[outcome as usize] += 1;
        self.retries += u64::from(task.attempt > 1);
        self.waits.record(task.waited);
        self.wait_seconds += task.waited.as_secs_f64();
        self.runs.record(run);
        self.run_seconds += run.as_secs_f64();
    }

    /// What is new since an earlier state; `None` where nothing is.
    fn since(&self, earlier: &Self, queue: &str, kind: &str) -> Option<MinuteCounts> {
        let runs = self.runs.since(&earlier.runs);
        if runs.total() == 0 {
            return None;
        }
        let new = |outcome| self.outcome(outcome) - earlier.outcome(outcome);
        Some(MinuteCounts {
            queue: queue.to_owned(),
            kind: kind.to_owned(),
            done: new(Outcome::Done),
            failed: new(Outcome::Failed),
            dead: new(Outcome::Dead),
            other: new(Outcome::Snoozed)
                + new(Outcome::Released)
                + new(Outcome::Cancelled)
                + new(Outcome::Lost),
            waits: self.waits.since(&earlier.waits).counts().to_vec(),
            runs: runs.counts().to_vec(),
            run_seconds: self.run_seconds - earlier.run_seconds,
        })
    }
}

#[derive(Debug, Default)]
struct Cell {
    now: Counts,
    /// As it stood when it was last written down.
    written: Counts,
}

/// The runs of one queue.
#[derive(Debug, Default)]
pub(crate) struct QueueMeter(Mutex<HashMap<String, Cell>>);

impl QueueMeter {
    pub(crate) fn record(&self, task: &LeasedTask, run: Duration, outcome: Outcome) {
        let mut cells = self.cells();
        // One look-up, but for the first of a kind.
        if let Some(cell) = cells.get_mut(&task.kind) {
            cell.now.add(task, run, outcome);
        } else {
            let mut cell = Cell::default();
            cell.now.add(task, run, outcome);
            cells.insert(task.kind.clone(), cell);
        }
    }

    fn cells(&self) -> MutexGuard<'_, HashMap<String, Cell>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the machinery itself goes through, since the process began.
#[derive(Debug, Default)]
pub(crate) struct Troubles {
    pub(crate) rescued: AtomicU64,
    /// Leases that were lost after their runs, before they were settled.
    pub(crate) lost_unsettled: AtomicU64,
    pub(crate) heartbeats_failed: AtomicU64,
}

impl Troubles {
    pub(crate) fn count(counter: &AtomicU64, more: usize) {
        counter.fetch_add(more as u64, Ordering::Relaxed);
    }
}

/// Everything that a process counts.
#[derive(Clone, Debug)]
pub(crate) struct Meter {
    queues: Arc<BTreeMap<String, Arc<QueueMeter>>>,
    pub(crate) troubles: Arc<Troubles>,
}

impl Meter {
    pub(crate) fn new<'a>(queues: impl Iterator<Item = &'a String>) -> Self {
        Self {
            queues: Arc::new(queues.map(|name| (name.clone(), Arc::default())).collect()),
            troubles: Arc::default(),
        }
    }

    pub(crate) fn of(&self, queue: &str) -> Arc<QueueMeter> {
        self.queues.get(queue).map(Arc::clone).unwrap_or_default()
    }

    /// Gives the counts of each queue and kind.
    pub(crate) fn read(&self, mut each: impl FnMut(&str, &str, &Counts)) {
        for (queue, meter) in self.queues.iter() {
            for (kind, cell) in meter.cells().iter() {
                each(queue, kind, &cell.now);
            }
        }
    }

    /// Writes down what is new. After a failure it is new the next time too.
    pub(super) async fn flush(&self, db: &Database, worker: &str) -> Result<(), sqlx::Error> {
        let mut new = Vec::new();
        let mut read = Vec::new();
        for (queue, meter) in self.queues.iter() {
            for (kind, cell) in meter.cells().iter() {
                if let Some(counts) = cell.now.since(&cell.written, queue, kind) {
                    new.push(counts);
                    read.push((meter, kind.clone(), cell.now.clone()));
                }
            }
        }
        if new.is_empty() {
            return Ok(());
        }
        db.ask(async |conn| db::add_minutes(conn, worker, &new).await)
            .await?;
        for (meter, kind, counts) in read {
            if let Some(cell) = meter.cells().get_mut(&kind) {
                cell.written = counts;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use jobboard_shared::queue::{LeaseKey, TaskId};
    use serde_json::Value;

    use super::*;

    fn task() -> LeasedTask {
        LeasedTask {
            key: LeaseKey {
                id: TaskId(1),
                fence: 1,
            },
            queue: "mail".to_owned(),
            kind: "mail.send".to_owned(),
            args: Value::Null,
            priority: 0,
            attempt: 2,
            max_attempts: 10,
            unique: false,
            waited: Duration::from_millis(3),
            too_late: false,
            batch: None,
        }
    }

    #[test]
    fn only_what_is_new_is_written_again() {
        let meter = QueueMeter::default();
        meter.record(&task(), Duration::from_secs(1), Outcome::Done);
        let before = meter.cells()["mail.send"].now.clone();
        assert_eq!(before.retries, 1);
        assert!(before.since(&before, "mail", "mail.send").is_none());
        meter.record(&task(), Duration::from_secs(2), Outcome::Failed);
        let now = meter.cells()["mail.send"].now.clone();
        let new = now.since(&before, "mail", "mail.send").unwrap();
        assert_eq!((new.done, new.failed, new.run_seconds), (0, 1, 2.0));
        assert_eq!(new.waits.iter().sum::<u64>(), 1);
    }

    /// Prints its price: `cargo test --release -p jobboard-worker -- --ignored price`.
    #[test]
    #[ignore = "prints a figure"]
    fn price_of_a_record() {
        let (meter, task) = (QueueMeter::default(), task());
        let began = Instant::now();
        for n in 0..1_000_000 {
            meter.record(&task, Duration::from_nanos(n * 1000), Outcome::Done);
        }
        println!("{:?} each", began.elapsed() / 1_000_000);
    }
}
