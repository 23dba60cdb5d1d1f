//! A whole batch on a large board by the real workers, and lists made on request.

mod board;
mod fleet;
mod live;

use std::{path::PathBuf, time::Duration};

use clap::Args;
use jobboard_shared::database;
use secrecy::SecretString;

use self::fleet::{Crew, Outcome};
use crate::{Result, postgres::Postgres};

const DATABASE: &str = "recommend";
const BATCH_BAR: Duration = Duration::from_secs(300);
const SPEED_UP_BAR: f64 = 1.6;
const LIVE_BAR: Duration = Duration::from_millis(20);

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Folder with the real data sets (jobs/*, taxonomy/*).
    #[arg(long, env = "JOBBOARD_TEST_DATA")]
    data: PathBuf,
    /// Live jobs.
    #[arg(long, default_value_t = 100_000)]
    jobs: usize,
    /// Active users.
    #[arg(long, default_value_t = 100_000)]
    users: usize,
    /// Batches; none measures the lists on request alone, of a folder that had one.
    #[arg(long, default_value_t = 2)]
    batches: usize,
    /// Requests that are timed: a minute of them and more.
    #[arg(long, default_value_t = 10_000)]
    requests: usize,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Also one and two processes of one computing thread each.
    #[arg(long)]
    speed_up: bool,
    /// Keeps the board here between runs.
    #[arg(long)]
    folder: Option<PathBuf>,
}

pub(crate) async fn measure(options: Options) -> Result<()> {
    let postgres = match &options.folder {
        Some(folder) => Postgres::start_in(folder).await?,
        None => Postgres::start().await?,
    };
    let known = database::connect(&SecretString::from(postgres.address(DATABASE)?), 1).await;
    let is_there = match known {
        Ok(db) => {
            sqlx::query_scalar("select to_regclass('whole') is not null")
                .fetch_one(&db)
                .await?
        }
        Err(_) => false,
    };
    let url = match is_there {
        true => postgres.address(DATABASE)?,
        false => postgres.database(DATABASE).await?,
    };
    let db = database::connect(&SecretString::from(url.clone()), 8).await?;
    if !is_there {
        board::fill(&db, &options.data, &options).await?;
        sqlx::raw_sql("create table whole ()").execute(&db).await?;
    }
    println!("{} live jobs, {} active users", options.jobs, options.users);
    println!(
        "| processes, threads each | run | batch | of it fit | workers' CPU | database's CPU | most memory of one | lists | rows |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    let all = Crew {
        processes: 1,
        slots: 2,
        threads: None,
    };
    let mut bars_missed = Vec::new();
    let runs = std::iter::once("first").chain(std::iter::repeat("again"));
    for run in runs.take(options.batches) {
        let outcome = fleet::batch(&postgres, &db, &url, all).await?;
        print(all, run, &outcome);
        if outcome.whole > BATCH_BAR {
            bars_missed.push("batch");
        }
    }
    if options.speed_up {
        let one = Crew {
            processes: 1,
            slots: 1,
            threads: Some(1),
        };
        let two = Crew {
            processes: 2,
            ..one
        };
        let of_one = fleet::batch(&postgres, &db, &url, one).await?;
        print(one, "again", &of_one);
        let of_two = fleet::batch(&postgres, &db, &url, two).await?;
        print(two, "again", &of_two);
        let blocks = |outcome: &Outcome| (outcome.whole - outcome.fit).as_secs_f64();
        let speed_up = of_one.whole.as_secs_f64() / of_two.whole.as_secs_f64();
        println!(
            "\ntwo processes: {speed_up:.2} times as fast, {:.2} after the fit",
            blocks(&of_one) / blocks(&of_two)
        );
        if speed_up < SPEED_UP_BAR {
            bars_missed.push("two processes");
        }
    }
    if live::measure(&db, &url, options.requests).await? > LIVE_BAR {
        bars_missed.push("live");
    }
    db.close().await;
    postgres.stop().await?;
    match bars_missed.as_slice() {
        [] => Ok(()),
        missed => Err(format!("bars missed: {}", missed.join(", ")).into()),
    }
}

fn print(crew: Crew, run: &str, outcome: &Outcome) {
    let threads = crew
        .threads
        .map_or_else(|| "all".to_owned(), |threads| threads.to_string());
    println!(
        "| {}, {threads} | {run} | {:.0} s | {:.0} s | {:.0} s | {:.0} s | {:.0} MiB | {} | {} |",
        crew.processes,
        outcome.whole.as_secs_f64(),
        outcome.fit.as_secs_f64(),
        outcome.worker_cpu.as_secs_f64(),
        outcome.database_cpu.as_secs_f64(),
        outcome.memory,
        outcome.lists,
        outcome.rows,
    );
}
