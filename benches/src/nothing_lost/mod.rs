//! Nothing is lost: tasks with an effect each, while workers are killed at random
//! and the database restarts under them, and the count at the far end.

mod address;
mod crew;
mod dice;
mod work;

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use clap::Args;
use jobboard_shared::{database, queue::enqueue_many, startup};
use secrecy::SecretString;
use sqlx::PgPool;

pub(crate) use self::work::{WorkerOptions, work};
use self::{address::Address, crew::Crew, dice::Dice, work::Effect};
use crate::{
    Result,
    postgres::{End, Postgres},
};

/// Tasks of one transaction, and how far the enqueuer keeps ahead.
const CHUNK: u32 = 500;
const AHEAD: i64 = 5_000;
const TICK: Duration = Duration::from_millis(200);
const REPORT: Duration = Duration::from_secs(5);

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[arg(long, default_value_t = 100_000)]
    tasks: u32,
    /// Processes at once.
    #[arg(long, default_value_t = 3)]
    workers: usize,
    /// Tasks that one process runs at once.
    #[arg(long, default_value_t = 8)]
    slots: usize,
    #[arg(long, default_value_t = 3000)]
    lease_ms: u64,
    /// Repeats the moments of kills and restarts; as the work goes on at its own
    /// pace, not the run itself.
    #[arg(long)]
    seed: Option<u64>,
    /// After so long it has failed.
    #[arg(long, default_value_t = 60)]
    minutes: u64,
}

pub(crate) async fn prove(options: Options) -> Result<()> {
    // The database server would outlive us.
    let stop = startup::stop_on_signals(|| {}).map_err(|error| error.to_string())?;
    let mut server = Postgres::start().await?;
    let ran = stop.run_until_cancelled(run(&mut server, &options)).await;
    let ran = ran.unwrap_or(Err("stopped".into()));
    server.stop().await?;
    ran
}

async fn run(server: &mut Postgres, options: &Options) -> Result<()> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let seed = options.seed.unwrap_or(u64::from(now.subsec_nanos()));
    println!("seed {seed}");
    let mut dice = Dice::of(seed);
    let url = server.database("nothing_lost").await?;
    let port = server.port()?;
    let address = Address::of(port).await?;
    let url = url.replace(&format!(":{port}/"), &format!(":{}/", address.port));
    let db = database::connect(&SecretString::from(url.as_str()), 4).await?;
    database::migrate(&db).await?;
    sqlx::raw_sql(work::TABLES).execute(&db).await?;

    let begun = Instant::now();
    let enqueuing = tokio::spawn(enqueue_all(db.clone(), options.tasks));
    let lease = Duration::from_millis(options.lease_ms);
    let mut crew = Crew::start(&url, options.workers, options.slots, lease, &mut dice);
    let mut restarts = vec![
        (0.15 + 0.3 * dice.share(), End::Fast),
        (0.55 + 0.3 * dice.share(), End::Immediate),
    ];
    let (mut effects, mut reported) = (0, Instant::now());
    loop {
        crew.tend(&mut dice).await?;
        // The database may be away.
        if let Ok(counted) = counted(&db).await {
            effects = counted;
        }
        let share = effects as f64 / f64::from(options.tasks);
        if let Some((_, end)) = restarts.first().filter(|(at, _)| share >= *at).copied() {
            restarts.remove(0);
            let down = Instant::now();
            server.restart(end).await?;
            address.moves_to(server.port()?);
            println!("the database restarted ({end:?}) in {:.1?}", down.elapsed());
        }
        if reported.elapsed() >= REPORT {
            reported = Instant::now();
            let (kills, seconds) = (crew.kills, begun.elapsed().as_secs());
            let left = left(&db).await;
            let left = left.unwrap_or_else(|error| format!("database: {error}"));
            println!("{seconds:4} s: {effects} effects, {kills} kills; {left}");
        }
        if enqueuing.is_finished() && share >= 1.0 && is_empty(&db).await.unwrap_or(false) {
            break;
        }
        if begun.elapsed() > Duration::from_secs(options.minutes * 60) {
            println!("the time is over");
            break;
        }
        tokio::time::sleep(TICK).await;
    }
    if !enqueuing.is_finished() {
        enqueuing.abort();
    }
    let (kills, ended) = (crew.kills, crew.ended_by_themselves);
    crew.stop().await?;
    println!(
        "{:.0?}: {kills} kills, {} restarts of the database, {ended} workers that ended by \
         themselves while it was away",
        begun.elapsed(),
        2 - restarts.len(),
    );
    judge(&db, options.tasks, restarts.len()).await
}

/// Each chunk in a transaction with a mark, so that one whose commit was not heard
/// of is not enqueued again.
async fn enqueue_all(db: PgPool, tasks: u32) {
    for first in (0..tasks).step_by(CHUNK as usize) {
        let chunk: Vec<_> = (first..tasks.min(first + CHUNK))
            .map(|n| Effect { n })
            .collect();
        while enqueue_chunk(&db, first, &chunk).await.is_err() {
            tokio::time::sleep(TICK).await;
        }
    }
}

async fn enqueue_chunk(db: &PgPool, first: u32, chunk: &[Effect]) -> Result<()> {
    let waiting = "select count(*) from (select from tasks limit $1) t";
    while sqlx::query_scalar::<_, i64>(waiting)
        .bind(AHEAD)
        .fetch_one(db)
        .await?
        >= AHEAD
    {
        tokio::time::sleep(TICK).await;
    }
    let mut tx = db.begin().await?;
    let marked = sqlx::query("insert into enqueued values ($1, $2) on conflict do nothing")
        .bind(i32::try_from(first)?)
        .bind(i32::try_from(chunk.len())?)
        .execute(&mut *tx)
        .await?;
    if marked.rows_affected() == 1 {
        enqueue_many(&mut tx, chunk).await?;
    }
    Ok(tx.commit().await?)
}

async fn counted(db: &PgPool) -> Result<i64, sqlx::Error> {
    let sql = "select coalesce(sum(total), 0)::bigint from counted";
    sqlx::query_scalar(sql).fetch_one(db).await
}

/// In words, what the tasks that are left wait for.
async fn left(db: &PgPool) -> Result<String, sqlx::Error> {
    sqlx::query_scalar(
        "select format('%s due, %s later, %s leased, %s lapsed, %s suspects',
                       count(*) filter (where lease_until is null and run_at <= app_now()),
                       count(*) filter (where lease_until is null and run_at > app_now()),
                       count(lease_until),
                       count(*) filter (where lease_until < app_now()),
                       count(*) filter (where lapses > 0))
         from tasks",
    )
    .fetch_one(db)
    .await
}

async fn is_empty(db: &PgPool) -> Result<bool, sqlx::Error> {
    let sql = "select not exists (select from tasks)";
    sqlx::query_scalar(sql).fetch_one(db).await
}

/// The counts at the far end.
async fn judge(db: &PgPool, tasks: u32, restarts_left: usize) -> Result<()> {
    let tasks = i64::from(tasks);
    let finished = "select count(*) from finished_tasks where outcome = 'done'";
    let numbers = "select count(distinct args ->> 'n') from finished_tasks";
    let mut violated = Vec::new();
    println!("| count | must be | is |\n|---|---|---|");
    for (what, must, sql) in [
        (
            "tasks enqueued",
            tasks,
            "select coalesce(sum(tasks), 0)::bigint from enqueued",
        ),
        ("effects", tasks, "select count(*) from effects"),
        (
            "effects counted",
            tasks,
            "select coalesce(sum(total), 0)::bigint from counted",
        ),
        ("tasks finished as done", tasks, finished),
        ("different ones of them", tasks, numbers),
        ("tasks left", 0, "select count(*) from tasks"),
        ("leases left", 0, "select count(leased_by) from tasks"),
        ("dead tasks", 0, "select count(*) from dead_tasks"),
    ] {
        let is: i64 = sqlx::query_scalar(sql).fetch_one(db).await?;
        println!("| {what} | {must} | {is} |");
        if is != must {
            violated.push(what);
        }
    }
    for (what, sql) in [
        ("runs of handlers", "select count(*) from runs"),
        (
            "tasks leased more than once",
            "select count(*) from finished_tasks where attempt > 1",
        ),
        (
            "most attempts of a task",
            "select max(attempt)::bigint from finished_tasks",
        ),
    ] {
        let is: i64 = sqlx::query_scalar(sql).fetch_one(db).await?;
        println!("| {what} | | {is} |");
    }
    if restarts_left > 0 {
        violated.push("restarts of the database");
    }
    if violated.is_empty() {
        return Ok(());
    }
    Err(format!("not as it must be: {}", violated.join(", ")).into())
}
