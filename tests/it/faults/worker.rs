//! Worker processes with handlers of the tests: this test binary, told to run
//! nothing but a fleet.

use std::{
    process::{ExitStatus, Stdio},
    time::Duration,
};

use jobboard_shared::{
    config::{Settings, variables::VARIABLES},
    queue::Task,
    startup,
};
use jobboard_worker::{
    Context, Lease, TaskResult, run_alone_with,
    runtime::{Missed, Registry, Schedule},
};
use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};
use tokio::process::{Child, Command};

/// Marks the process as a worker; the value says whether it keeps the schedule.
const ROLE: &str = "JOBBOARD_TEST_FAULTS_WORKER";
/// Where set, workers write their logs to the tests' standard error.
const LOGS: &str = "JOBBOARD_TEST_WORKER_LOGS";

/// What the handlers write to, beside the product's tables.
pub(super) const TABLES: &str = "
    create table effects (n int primary key, fence bigint not null);
    -- Adds up what no constraint keeps from being counted twice.
    create table counted (bucket int primary key, total bigint not null);
    insert into counted select bucket, 0 from generate_series(0, 15) bucket;
    create table runs (task bigint not null, n int not null, fence bigint not null,
                       pid int not null, worker_clock timestamptz not null,
                       at timestamptz not null default clock_timestamp());
    create index on runs (task);
    create table gates (n int primary key);
    create table ticks (tick bigint not null, task bigint not null);
";

/// Counts its number once, after a while.
#[derive(Serialize, Deserialize)]
pub(super) struct Effect {
    pub(super) n: i32,
    pub(super) millis: u64,
}

impl Task for Effect {
    const KIND: &'static str = "faults.effect";
    const QUEUE: &'static str = "default";
    /// So long a handler waits for a connection that says nothing.
    const TIMEOUT: Duration = Duration::from_secs(4);
}

async fn effect(ctx: Context, task: Effect, lease: Lease) -> TaskResult {
    began(&ctx, task.n, &lease).await?;
    if task.millis > 0 {
        tokio::time::sleep(Duration::from_millis(task.millis)).await;
    }
    count(&ctx, task.n, &lease).await
}

/// The same, and is given the time.
#[derive(Serialize, Deserialize)]
pub(super) struct LongEffect(pub(super) Effect);

impl Task for LongEffect {
    const KIND: &'static str = "faults.long_effect";
    const QUEUE: &'static str = "default";
}

async fn long_effect(ctx: Context, LongEffect(task): LongEffect, lease: Lease) -> TaskResult {
    effect(ctx, task, lease).await
}

/// Counts its number once its gate is open.
#[derive(Serialize, Deserialize)]
pub(super) struct Gated {
    pub(super) n: i32,
}

impl Task for Gated {
    const KIND: &'static str = "faults.gated";
    const QUEUE: &'static str = "default";
}

async fn gated(ctx: Context, task: Gated, lease: Lease) -> TaskResult {
    began(&ctx, task.n, &lease).await?;
    pass_gate(&ctx, task.n).await?;
    count(&ctx, task.n, &lease).await
}

async fn pass_gate(ctx: &Context, n: i32) -> sqlx::Result<()> {
    let open = "select exists (select from gates where n = $1)";
    while !sqlx::query_scalar::<_, bool>(open)
        .bind(n)
        .fetch_one(&ctx.db)
        .await?
    {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

/// Counts its number each time it passes its gate holding its lease.
#[derive(Serialize, Deserialize)]
pub(super) struct Fenced {
    pub(super) n: i32,
}

impl Task for Fenced {
    const KIND: &'static str = "faults.fenced";
    const QUEUE: &'static str = "default";
}

async fn fenced(ctx: Context, task: Fenced, lease: Lease) -> TaskResult {
    began(&ctx, task.n, &lease).await?;
    pass_gate(&ctx, task.n).await?;
    let mut tx = ctx.db.begin().await?;
    lease.hold(&mut tx).await?;
    sqlx::query("update counted set total = total + 1 where bucket = $1")
        .bind(task.n)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(())
}

/// Computes for ever, deaf to its cancellation.
#[derive(Serialize, Deserialize)]
pub(super) struct Stubborn {
    /// On a connection that it never gives back.
    pub(super) connected: bool,
}

impl Task for Stubborn {
    const KIND: &'static str = "faults.stubborn";
    const QUEUE: &'static str = "default";
}

async fn stubborn(ctx: Context, task: Stubborn, lease: Lease) -> TaskResult {
    let _held = match task.connected {
        true => {
            began(&ctx, 0, &lease).await?;
            Some(ctx.db.acquire().await?)
        }
        false => None,
    };
    loop {
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Not to be started later than a minute after it was due.
#[derive(Serialize, Deserialize)]
pub(super) struct Prompt {
    pub(super) n: i32,
}

impl Task for Prompt {
    const KIND: &'static str = "faults.prompt";
    const QUEUE: &'static str = "default";
    const DEADLINE: Option<Duration> = Some(Duration::from_secs(60));
}

async fn prompt(ctx: Context, task: Prompt, lease: Lease) -> TaskResult {
    began(&ctx, task.n, &lease).await?;
    count(&ctx, task.n, &lease).await
}

/// One tick of the schedule.
#[derive(Serialize, Deserialize)]
pub(super) struct Tick {
    tick: i64,
}

impl Task for Tick {
    const KIND: &'static str = "faults.tick";
    const QUEUE: &'static str = "default";
}

async fn tick(ctx: Context, task: Tick, lease: Lease) -> TaskResult {
    sqlx::query("insert into ticks values ($1, $2)")
        .bind(task.tick)
        .bind(lease.id)
        .execute(&ctx.db)
        .await?;
    Ok(())
}

async fn began(ctx: &Context, n: i32, lease: &Lease) -> sqlx::Result<()> {
    sqlx::query("insert into runs (task, n, fence, pid, worker_clock) values ($1, $2, $3, $4, $5)")
        .bind(lease.id)
        .bind(n)
        .bind(lease.fence)
        .bind(i32::try_from(std::process::id()).unwrap())
        .bind(chrono::Utc::now())
        .execute(&ctx.db)
        .await
        .map(drop)
}

/// Idempotent as handlers should be: the effect names what it is of.
async fn count(ctx: &Context, n: i32, lease: &Lease) -> TaskResult {
    let mut tx = ctx.db.begin().await?;
    let first = sqlx::query("insert into effects values ($1, $2) on conflict do nothing")
        .bind(n)
        .bind(lease.fence)
        .execute(&mut *tx)
        .await?;
    if first.rows_affected() == 1 {
        sqlx::query("update counted set total = total + 1 where bucket = $1 % 16")
            .bind(n)
            .execute(&mut *tx)
            .await?;
    }
    tx.commit().await?;
    Ok(())
}

fn registry() -> Registry {
    Registry::default()
        .on::<Effect>(effect)
        .on::<LongEffect>(long_effect)
        .on::<Gated>(gated)
        .on::<Fenced>(fenced)
        .on::<Stubborn>(stubborn)
        .on::<Prompt>(prompt)
        .on::<Tick>(tick)
}

fn schedule() -> Schedule {
    let second = Duration::from_secs(1);
    Schedule::default().every("faults.tick", second, Missed::CatchUp, |tick| Tick {
        tick: tick.timestamp(),
    })
}

/// Not a test: what a [`Worker`] runs, in the runtime of the real programs.
#[test]
#[ignore = "a worker process, started by other tests"]
fn worker_process() {
    let Ok(role) = std::env::var(ROLE) else {
        return;
    };
    let settings = Settings::load_with_database().unwrap();
    startup::start_log(&settings.log);
    let schedule = match role.as_str() {
        "scheduler" => schedule(),
        _ => Schedule::default(),
    };
    let ran = startup::in_runtime(run_alone_with(settings, registry(), schedule));
    std::process::exit(match ran {
        Ok(()) => 0,
        Err(_) => 1,
    });
}

/// What a worker is started with.
#[derive(Clone)]
pub(super) struct Settled {
    pub(super) url: String,
    pub(super) slots: usize,
    pub(super) lease: &'static str,
    pub(super) grace: &'static str,
    pub(super) keeps_schedule: bool,
    /// Of the process' clock, in seconds.
    pub(super) clock_shift: i64,
}

/// A worker process. Killed when dropped.
pub(super) struct Worker(Child);

impl Worker {
    pub(super) fn start(settled: &Settled) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        for variable in VARIABLES {
            command.env_remove(variable.name);
        }
        if settled.clock_shift != 0 {
            for (name, value) in super::clock::shifted(settled.clock_shift) {
                command.env(name, value);
            }
        }
        let logs = match std::env::var_os(LOGS) {
            Some(_) => Stdio::inherit(),
            None => Stdio::null(),
        };
        let child = command
            .args(["--exact", "faults::worker::worker_process", "--ignored"])
            .args(["--nocapture"])
            .current_dir(std::env::temp_dir())
            .env(
                ROLE,
                match settled.keeps_schedule {
                    true => "scheduler",
                    false => "worker",
                },
            )
            .env("DATABASE_URL", &settled.url)
            .env("DATABASE_DIRECT_URL", &settled.url)
            .env("JOBBOARD_QUEUES", format!("default={}", settled.slots))
            .env("JOBBOARD_LEASE", settled.lease)
            .env("JOBBOARD_SHUTDOWN_GRACE", settled.grace)
            .env(
                "JOBBOARD_SECRET_KEY",
                "a secret that only tests share, of 32 bytes and more",
            )
            .env("JOBBOARD_OUTBOX_DIR", std::env::temp_dir())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(logs)
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self(child)
    }

    pub(super) fn pid(&self) -> i32 {
        i32::try_from(self.0.id().expect("a living worker")).unwrap()
    }

    pub(super) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_raw(self.pid()).unwrap(), signal).unwrap();
    }

    /// SIGKILL, without a last word.
    pub(super) async fn kill(mut self) {
        self.0.kill().await.unwrap();
    }

    /// How it ends by itself, within this time.
    pub(super) async fn end(mut self, limit: Duration) -> ExitStatus {
        tokio::time::timeout(limit, self.0.wait())
            .await
            .expect("the worker ends in time")
            .unwrap()
    }

    /// As on a SIGTERM with nothing that takes long.
    pub(super) async fn stop(self) {
        self.signal(Signal::TERM);
        assert!(self.end(Duration::from_secs(30)).await.success());
    }
}
