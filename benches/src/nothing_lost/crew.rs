//! Worker processes that are killed and started again.

use std::{
    process::Stdio,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};

use super::dice::Dice;
use crate::Result;

/// From one kill to the next, and from a kill to the next start.
const KILLS: (Duration, Duration) = (Duration::from_millis(1000), Duration::from_millis(4000));
const REVIVALS: (Duration, Duration) = (Duration::ZERO, Duration::from_millis(1500));
/// One that ended by itself, because the database was away when it started say.
const NEXT_TRY: Duration = Duration::from_millis(500);
const STOP_LIMIT: Duration = Duration::from_secs(60);

enum Place {
    Working(Child),
    Empty { until: Instant },
}

pub(super) struct Crew {
    url: String,
    slots: usize,
    lease: Duration,
    places: Vec<Place>,
    next_kill: Instant,
    pub(super) kills: u32,
    pub(super) ended_by_themselves: u32,
}

impl Crew {
    pub(super) fn start(
        url: &str,
        workers: usize,
        slots: usize,
        lease: Duration,
        dice: &mut Dice,
    ) -> Self {
        let now = Instant::now();
        Self {
            url: url.to_owned(),
            slots,
            lease,
            places: (0..workers).map(|_| Place::Empty { until: now }).collect(),
            next_kill: now + dice.between(KILLS),
            kills: 0,
            ended_by_themselves: 0,
        }
    }

    fn worker(&self) -> Result<Child> {
        Ok(Command::new(std::env::current_exe()?)
            .arg("nothing-lost-worker")
            .args(["--slots", &self.slots.to_string()])
            .args(["--lease-ms", &self.lease.as_millis().to_string()])
            .env("BENCH_URL", &self.url)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?)
    }

    /// Starts and kills whose time has come.
    pub(super) async fn tend(&mut self, dice: &mut Dice) -> Result<()> {
        let now = Instant::now();
        for number in 0..self.places.len() {
            match &mut self.places[number] {
                Place::Empty { until } if *until <= now => {
                    self.places[number] = Place::Working(self.worker()?);
                }
                Place::Empty { .. } => {}
                Place::Working(worker) => {
                    if worker.try_wait()?.is_some() {
                        self.ended_by_themselves += 1;
                        let until = now + NEXT_TRY;
                        self.places[number] = Place::Empty { until };
                    }
                }
            }
        }
        if now < self.next_kill {
            return Ok(());
        }
        self.next_kill = now + dice.between(KILLS);
        let victim = dice.below(self.places.len());
        if let Place::Working(worker) = &mut self.places[victim] {
            // SIGKILL, by the id of our own child.
            worker.kill().await?;
            self.kills += 1;
            let until = now + dice.between(REVIVALS);
            self.places[victim] = Place::Empty { until };
        }
        Ok(())
    }

    /// SIGTERM, and an end in good order.
    pub(super) async fn stop(self) -> Result<()> {
        for place in self.places {
            let Place::Working(mut worker) = place else {
                continue;
            };
            if let Some(id) = worker.id() {
                let id = Pid::from_raw(i32::try_from(id)?).ok_or("no process")?;
                kill_process(id, Signal::TERM)?;
            }
            let ended = tokio::time::timeout(STOP_LIMIT, worker.wait());
            let ended = ended.await.map_err(|_| "a worker does not stop")??;
            // One that had only just started knows no signals yet.
            if !ended.success() && ended.code().is_some() {
                return Err(format!("a worker ended badly: {ended}").into());
            }
        }
        Ok(())
    }
}
