//! One batch by worker processes.

use std::{
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use jobboard_shared::queue::Task;
use jobboard_shared::{
    queue,
    recommendations::tasks::{Plan, UserBlock},
};
use sqlx::PgPool;

use crate::{
    Result,
    postgres::Postgres,
    processes::{cpu, peak_memory},
    replica::SECRET,
};

/// How the workers of a measurement are made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Crew {
    pub(super) processes: usize,
    /// Tasks at once in each.
    pub(super) slots: usize,
    /// For computations in each; nothing takes what the machine has.
    pub(super) threads: Option<usize>,
}

pub(super) struct Outcome {
    /// From enqueueing the plan to the end of the last block.
    pub(super) whole: Duration,
    /// Of that, until the model was there.
    pub(super) fit: Duration,
    pub(super) worker_cpu: Duration,
    pub(super) database_cpu: Duration,
    /// Of the largest process, in MiB.
    pub(super) memory: f64,
    pub(super) lists: i64,
    pub(super) rows: i64,
}

struct Worker(Child);

impl Worker {
    fn start(url: &str, crew: Crew) -> Result<Self> {
        let program = std::env::current_exe()?.with_file_name("jobboard");
        let mut command = Command::new(&program);
        command
            .arg("worker")
            .env("DATABASE_URL", url)
            .env("DATABASE_DIRECT_URL", url)
            .env("JOBBOARD_SECRET_KEY", SECRET)
            .env("JOBBOARD_QUEUES", format!("recommendations={}", crew.slots))
            .env("JOBBOARD_LOG", "info")
            .stdin(Stdio::null());
        if let Some(threads) = crew.threads {
            command.env("RAYON_NUM_THREADS", threads.to_string());
        }
        match std::env::var_os("JOBBOARD_BENCH_LOG") {
            Some(file) => {
                let file = std::fs::File::options()
                    .create(true)
                    .append(true)
                    .open(file)?;
                command.stdout(file.try_clone()?).stderr(file);
            }
            None => {
                command.stdout(Stdio::null()).stderr(Stdio::null());
            }
        }
        let process = command.spawn().map_err(|error| {
            format!("{}: {error}; run cargo build --release", program.display())
        })?;
        Ok(Self(process))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A whole batch, from the plan to the last list.
pub(super) async fn batch(
    postgres: &Postgres,
    db: &PgPool,
    url: &str,
    crew: Crew,
) -> Result<Outcome> {
    let workers: Vec<Worker> = (0..crew.processes)
        .map(|_| Worker::start(url, crew))
        .collect::<Result<_>>()?;
    // Until they are connected.
    tokio::time::sleep(Duration::from_secs(5)).await;
    let worker_cpu =
        || -> Result<Duration> { workers.iter().map(|worker| cpu(worker.0.id())).sum() };
    let (cpu_before, database_before) = (worker_cpu()?, postgres.cpu()?);
    let begun = Instant::now();
    let mut conn = db.acquire().await?;
    // What a run that was broken off left behind.
    sqlx::query("delete from tasks where queue = $1")
        .bind(UserBlock::QUEUE)
        .execute(&mut *conn)
        .await?;
    queue::enqueue(&mut conn, &Plan::default()).await?;
    drop(conn);
    let mut fit = None;
    let (mut shown, mut ticks) = (Instant::now(), 0);
    loop {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let (plans, blocks, dead): (i64, i64, i64) = sqlx::query_as(
            "select count(*) filter (where kind = $1), count(*) filter (where kind <> $1),
                    (select count(*) from dead_tasks)
             from tasks where queue = $2",
        )
        .bind(Plan::KIND)
        .bind(UserBlock::QUEUE)
        .fetch_one(db)
        .await?;
        if dead > 0 {
            return Err(format!("{dead} dead tasks").into());
        }
        if plans == 0 && fit.is_none() {
            fit = Some(begun.elapsed());
        }
        if plans == 0 && blocks == 0 {
            break;
        }
        ticks += 1;
        if ticks % 10 == 0 && shown.elapsed() > Duration::from_secs(20) {
            println!(
                "{:.0} s: {blocks} blocks left",
                begun.elapsed().as_secs_f64()
            );
            shown = Instant::now();
        }
    }
    let whole = begun.elapsed();
    let memory = workers
        .iter()
        .map(|worker| peak_memory(worker.0.id()))
        .collect::<Result<Vec<f64>>>()?
        .into_iter()
        .fold(0.0, f64::max);
    let (worker_cpu, database_cpu) = (
        worker_cpu()? - cpu_before,
        postgres.cpu()? - database_before,
    );
    let (lists, rows) =
        sqlx::query_as("select count(distinct user_id), count(*) from job_recommendations")
            .fetch_one(db)
            .await?;
    Ok(Outcome {
        whole,
        fit: fit.unwrap_or_default(),
        worker_cpu,
        database_cpu,
        memory,
        lists,
        rows,
    })
}
