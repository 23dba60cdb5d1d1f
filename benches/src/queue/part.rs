//! Our side of a measurement, as processes of their own: this program starts
//! itself with these commands. Scripts for other queues take the same words.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use clap::Subcommand;
use jobboard_shared::{
    database,
    queue::{Task, enqueue, enqueue_many},
    startup,
};
use jobboard_worker::{
    Context, Lease, TaskResult, run_with,
    runtime::{Registry, Schedule},
};
use serde::{Deserialize, Serialize};
use sqlx::{Connection, PgConnection};

use crate::{Result, fleet};

const REPORT_RHYTHM: Duration = Duration::from_millis(10);

/// Each works on the database that `BENCH_URL` names.
#[derive(Debug, Subcommand)]
pub(crate) enum Part {
    /// Makes the schema.
    Setup,
    /// Enqueues so many tasks, so many in one statement; prints `took <seconds>`.
    Fill { tasks: u32, chunk: usize },
    /// Enqueues tasks one by one with a pause in between; prints
    /// `<n> <microseconds since 1970>` after each commit.
    Single { tasks: u32, pause_ms: u64 },
    /// The same without notifications.
    Silent { tasks: u32, pause_ms: u64 },
    /// Runs tasks until SIGTERM. Prints `<tasks so far> <microseconds>` now and
    /// then, or, with `each`, `<n> <microseconds>` when a handler starts.
    Work {
        slots: usize,
        #[arg(long)]
        each: bool,
    },
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Noop {
    pub(super) n: u32,
}

impl Task for Noop {
    const KIND: &'static str = "bench.noop";
    const QUEUE: &'static str = "bench";
}

fn now() -> u128 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_micros()
}

pub(crate) async fn play(part: Part) -> Result<()> {
    let url = std::env::var("BENCH_URL")?;
    if let Part::Work { slots, each } = part {
        return work(&url, slots, each).await;
    }
    let mut conn = PgConnection::connect(&url).await?;
    match part {
        Part::Setup => database::MIGRATOR.run(&mut conn).await?,
        Part::Fill { tasks, chunk } => {
            let tasks: Vec<_> = (0..tasks).map(|n| Noop { n }).collect();
            let begun = Instant::now();
            for chunk in tasks.chunks(chunk) {
                enqueue_many(&mut conn, chunk).await?;
            }
            println!("took {}", begun.elapsed().as_secs_f64());
        }
        Part::Single { tasks, pause_ms } => {
            for n in 0..tasks {
                enqueue(&mut conn, &Noop { n }).await?;
                println!("{n} {}", now());
                tokio::time::sleep(Duration::from_millis(pause_ms)).await;
            }
        }
        Part::Silent { tasks, pause_ms } => {
            for n in 0..tasks {
                sqlx::query(
                    "insert into tasks (queue, kind, args, max_attempts, run_at, enqueued_at)
                     values ('bench', 'bench.noop', jsonb_build_object('n', $1::int), 10,
                             app_now(), app_now())",
                )
                .bind(i32::try_from(n)?)
                .execute(&mut conn)
                .await?;
                println!("{n} {}", now());
                tokio::time::sleep(Duration::from_millis(pause_ms)).await;
            }
        }
        Part::Work { .. } => {}
    }
    Ok(conn.close().await?)
}

async fn work(url: &str, slots: usize, each: bool) -> Result<()> {
    let stop = startup::stop_on_signals(|| {}).map_err(|error| error.to_string())?;
    let context = fleet::context(url, Noop::QUEUE, slots, 4, |_| {}).await?;
    let runs = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&runs);
    let registry = Registry::default().on::<Noop>(move |_: Context, task: Noop, _: Lease| {
        if each {
            println!("{} {}", task.n, now());
        } else {
            counter.fetch_add(1, Ordering::Relaxed);
        }
        std::future::ready(TaskResult::Ok(()))
    });
    if !each {
        std::thread::spawn(move || report(&runs));
    }
    Ok(run_with(context, registry, Schedule::default(), stop).await?)
}

fn report(runs: &AtomicU64) {
    let mut told = 0;
    loop {
        let count = runs.load(Ordering::Relaxed);
        if count != told {
            println!("{count} {}", now());
            told = count;
        }
        std::thread::sleep(REPORT_RHYTHM);
    }
}
