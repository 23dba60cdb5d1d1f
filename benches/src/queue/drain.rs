//! How fast a backlog of no-op tasks is worked off.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::contender::Contender;
use crate::{Result, postgres::Postgres, processes};

/// Of one run, from when the last of the processes had begun.
#[derive(Clone, Copy, Debug)]
pub(super) struct Drained {
    pub(super) per_second: f64,
    /// Microseconds of processor time per task.
    pub(super) worker_cpu: f64,
    pub(super) store_cpu: f64,
    pub(super) fill_per_second: f64,
    pub(super) memory: f64,
}

pub(super) async fn drain(
    contender: &Contender,
    server: &Postgres,
    workers: usize,
    tasks: u64,
    vacuum: bool,
) -> Result<Drained> {
    let fill = contender.fill(tasks, 10_000).await?;
    if vacuum {
        contender.vacuum().await?;
    }
    let store_cpu = || -> Result<Duration> {
        let own = contender.store.map(processes::cpu).transpose()?;
        Ok(server.cpu()? + own.unwrap_or_default())
    };
    let mut crew = contender.work(workers, false)?;
    let mut runs = vec![None; workers];
    // Time, tasks done and processor time when the last one began.
    let mut begun = None;
    while runs.iter().flatten().sum::<u64>() < tasks {
        let (worker, (count, at)) = crew.next().await?;
        if let Some(run) = runs.get_mut(worker) {
            *run = Some(count);
        }
        if begun.is_none() && runs.iter().all(Option::is_some) {
            let done: u64 = runs.iter().flatten().sum();
            begun = Some((at, done, crew.cpu(), store_cpu()?));
        }
    }
    contender.until_empty().await?;
    let end = SystemTime::now().duration_since(UNIX_EPOCH)?.as_micros();
    let worker_end = crew.cpu();
    let store_end = store_cpu()?;
    let memory = crew.memory();
    crew.stop().await?;
    let (begin, done, worker_begin, store_begin) = begun.ok_or("one of the workers did nothing")?;
    let seconds = (u64::try_from(end)?.saturating_sub(begin)) as f64 / 1e6;
    let rest = tasks.saturating_sub(done).max(1) as f64;
    let per_task = |time: Duration| time.as_secs_f64() * 1e6 / rest;
    Ok(Drained {
        per_second: rest / seconds,
        worker_cpu: per_task(worker_end.saturating_sub(worker_begin)),
        store_cpu: per_task(store_end.saturating_sub(store_begin)),
        fill_per_second: tasks as f64 / fill,
        memory,
    })
}
