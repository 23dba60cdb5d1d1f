//! A day's digest of very many accounts while workers are killed, counted at the mail
//! server.

mod board;
mod sink;

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Stdio,
    time::{Duration, Instant},
};

use clap::Args;
use jobboard_shared::{database, startup};
use secrecy::SecretString;
use sqlx::PgPool;
use tokio::process::{Child, Command};
use uuid::Uuid;

use self::sink::Sink;
use crate::{Result, fleet, postgres::Postgres};

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[arg(long, default_value_t = 10_000)]
    users: u32,
    /// Processes at once.
    #[arg(long, default_value_t = 2)]
    workers: usize,
    /// Mails that one process sends at once.
    #[arg(long, default_value_t = 8)]
    slots: usize,
    /// How often all workers are killed, at even shares of the mails.
    #[arg(long, default_value_t = 8)]
    kills: u32,
    /// What the mail server takes for the answer to a mail.
    #[arg(long, default_value_t = 5)]
    answer_ms: u64,
    /// After so long it has failed.
    #[arg(long, default_value_t = 30)]
    minutes: u64,
}

/// What `digest` starts.
#[derive(Debug, Args)]
pub(crate) struct WorkerOptions {
    #[arg(long, env = "BENCH_URL")]
    url: String,
    #[arg(long)]
    smtp: String,
    #[arg(long)]
    slots: usize,
}

const LEASE: Duration = Duration::from_secs(3);
const TICK: Duration = Duration::from_millis(50);
const REPORT: Duration = Duration::from_secs(5);

pub(crate) async fn prove(options: Options) -> Result<()> {
    // The database server would outlive us.
    let stop = startup::stop_on_signals(|| {}).map_err(|error| error.to_string())?;
    let server = Postgres::start().await?;
    let ran = stop.run_until_cancelled(run(&server, &options)).await;
    server.stop().await?;
    ran.unwrap_or(Err("stopped".into()))
}

async fn run(server: &Postgres, options: &Options) -> Result<()> {
    let url = server.database("digest").await?;
    let db = database::connect(&SecretString::from(url.as_str()), 4).await?;
    database::migrate(&db).await?;
    let sink = Sink::start(Duration::from_millis(options.answer_ms)).await?;
    let accounts = board::set_up(&db, &url, options.users).await?;
    println!("{} accounts have new jobs in their digest", accounts.len());

    let begun = Instant::now();
    let mut crew = start(&url, &sink.url, options)?;
    let (mut kills, mut in_flight, mut reported) = (0, BTreeSet::new(), begun);
    loop {
        let delivered = sink.deliveries();
        let next = f64::from(options.users) * f64::from(kills + 1) / f64::from(options.kills + 1);
        if kills < options.kills && delivered as f64 >= next {
            for worker in &mut crew {
                // SIGKILL, by the id of our own child.
                worker.kill().await?;
            }
            let cut = sending(&db).await?;
            println!(
                "{delivered} mails: all workers killed, {} in flight",
                cut.len()
            );
            in_flight.extend(cut);
            kills += 1;
            crew = start(&url, &sink.url, options)?;
        }
        if reported.elapsed() >= REPORT {
            reported = Instant::now();
            println!("{:4} s: {delivered} mails", begun.elapsed().as_secs());
        }
        if kills == options.kills && is_done(&db, options.users).await? {
            break;
        }
        if begun.elapsed() > Duration::from_secs(options.minutes * 60) {
            return Err("the time is over".into());
        }
        tokio::time::sleep(TICK).await;
    }
    for worker in &mut crew {
        worker.kill().await?;
    }
    println!(
        "{:.0?}, {kills} kills of {} workers",
        begun.elapsed(),
        options.workers
    );
    judge(&db, &sink, &accounts, &in_flight).await
}

fn start(url: &str, smtp: &str, options: &Options) -> Result<Vec<Child>> {
    (0..options.workers)
        .map(|_| {
            Ok(Command::new(std::env::current_exe()?)
                .arg("digest-worker")
                .args(["--smtp", smtp])
                .args(["--slots", &options.slots.to_string()])
                .env("BENCH_URL", url)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .kill_on_drop(true)
                .spawn()?)
        })
        .collect()
}

/// A worker process with every handler and the schedule, until it is killed.
pub(crate) async fn work(options: WorkerOptions) -> Result<()> {
    let stop = startup::stop_on_signals(|| {}).map_err(|error| error.to_string())?;
    let context = fleet::context(&options.url, "mail", options.slots, 8, |config| {
        config.worker.queues.insert("default".to_owned(), 4);
        config.worker.queues.insert("search".to_owned(), 1);
        config.worker.lease = LEASE;
        config.mail.smtp_url = Some(options.smtp.clone().into());
        config.mail.outbox_dir = None;
    })
    .await?;
    Ok(jobboard_worker::run(context, stop).await?)
}

/// Mails whose content is under way, or was when their worker died.
async fn sending(db: &PgPool) -> Result<Vec<Uuid>> {
    until_alone(db).await?;
    let sql = "select id from email_outbox where status = 'sending'";
    Ok(sqlx::query_scalar(sql).fetch_all(db).await?)
}

/// What the killed had sent to the database is carried out by it all the same.
async fn until_alone(db: &PgPool) -> Result<()> {
    loop {
        let clients: i64 = sqlx::query_scalar(
            "select count(*) from pg_stat_activity
             where datname = current_database() and backend_type = 'client backend'",
        )
        .fetch_one(db)
        .await?;
        if clients <= i64::from(db.size()) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn is_done(db: &PgPool, users: u32) -> Result<bool> {
    let sql =
        "select count(*) = $1 and count(*) filter (where status in ('pending', 'sending')) = 0
               from email_outbox";
    Ok(sqlx::query_scalar(sql)
        .bind(i64::from(users))
        .fetch_one(db)
        .await?)
}

/// Nobody has two; who has none is `unknown`, and was in flight at a kill.
async fn judge(
    db: &PgPool,
    sink: &Sink,
    accounts: &BTreeSet<String>,
    in_flight: &BTreeSet<Uuid>,
) -> Result<()> {
    let received: BTreeMap<String, usize> = sink.received();
    let rows: Vec<(Uuid, String, String)> = sqlx::query_as(
        "select o.id, u.email, o.status::text from email_outbox o join users u on u.id = o.user_id",
    )
    .fetch_all(db)
    .await?;
    let twice = received.values().filter(|copies| **copies > 1).count();
    let strangers = received.keys().filter(|to| !accounts.contains(*to)).count();
    let without: BTreeSet<_> = accounts
        .iter()
        .filter(|to| !received.contains_key(*to))
        .collect();
    let unknown: Vec<_> = rows.iter().filter(|row| row.2 == "unknown").collect();
    let silent = without
        .iter()
        .filter(|to| !unknown.iter().any(|row| row.1 == ***to))
        .count();
    let unexplained = unknown
        .iter()
        .filter(|row| !in_flight.contains(&row.0))
        .count();
    let wrongly_sent = rows
        .iter()
        .filter(|row| row.2 == "sent" && !received.contains_key(&row.1))
        .count();
    println!("| count | must be | is |\n|---|---|---|");
    println!("| accounts with a mail | | {} |", received.len());
    println!("| accounts without a mail | | {} |", without.len());
    println!(
        "| mails `unknown` | at most {} | {} |",
        in_flight.len(),
        unknown.len()
    );
    let mut violated = Vec::new();
    for (what, is) in [
        ("accounts with two mails", twice),
        ("mails to others", strangers),
        ("without a mail and not `unknown`", silent),
        ("`unknown` and not in flight at a kill", unexplained),
        ("`sent` and never received", wrongly_sent),
        (
            "mails promised twice or not at all",
            rows.len().abs_diff(accounts.len()),
        ),
    ] {
        println!("| {what} | 0 | {is} |");
        if is != 0 {
            violated.push(what);
        }
    }
    if violated.is_empty() {
        return Ok(());
    }
    Err(format!("not as it must be: {}", violated.join(", ")).into())
}
