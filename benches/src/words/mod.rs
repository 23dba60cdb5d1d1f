//! Corrections and suggestions on a large board.

mod board;
#[path = "../../../tests/it/search/typos.rs"]
mod typos;

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use clap::Args;
use jobboard_shared::{
    database,
    search::{self, vocabulary},
};
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use sqlx::{Connection, PgConnection, PgPool, postgres::PgPoolOptions};

use self::{
    board::{Job, Names},
    typos::{is_right, misspell},
};
use crate::{Result, postgres::Postgres, processes};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Live jobs.
    #[arg(long, default_value_t = 1_000_000)]
    jobs: usize,
    /// Folder with the real data sets (jobs/remote_ads.ndjson, taxonomy).
    #[arg(long, env = "JOBBOARD_TEST_DATA")]
    data: PathBuf,
    /// Misspelt names, of titles and of skills each.
    #[arg(long, default_value_t = 200)]
    misspelt: usize,
    /// Suggestions asked for, of each class.
    #[arg(long, default_value_t = 1_000)]
    suggestions: usize,
    /// Of jobs and questions.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

pub(crate) async fn measure(options: Options) -> Result<()> {
    let names = Names::read(&options.data, options.seed)?;
    let postgres = Postgres::start().await?;
    let url = postgres.database("words").await?;
    let pool = PgPoolOptions::new()
        .max_connections(2)
        .connect(&url)
        .await?;
    database::migrate(&pool).await?;
    println!("{} jobs, seed {}", options.jobs, options.seed);
    let begun = Instant::now();
    let jobs = board::load(&pool, names, options.jobs).await?;
    println!("loaded in {:.0} s", begun.elapsed().as_secs_f64());
    for time in ["first", "second"] {
        let begun = Instant::now();
        let counted = vocabulary::gather(&pool).await?.count();
        let read = begun.elapsed();
        let changed = vocabulary::write(&pool, &counted).await?;
        println!(
            "{time} build: read and counted in {:.1} s, {changed} rows changed in {:.1} s",
            read.as_secs_f64(),
            (begun.elapsed() - read).as_secs_f64()
        );
    }
    sizes(&pool).await?;
    let mut asker = Asker {
        conn: PgConnection::connect(&url).await?,
        random: StdRng::seed_from_u64(options.seed + 1),
        jobs,
    };
    asker.corrections(options.misspelt).await?;
    asker.suggestions(options.suggestions).await?;
    drop(asker);
    postgres.stop().await
}

async fn sizes(pool: &PgPool) -> Result<()> {
    for table in [
        "search_words",
        "search_word_pairs",
        "search_suggestions",
        "search_beginnings",
    ] {
        let statement = format!(
            "vacuum analyze {table};
             select count(*), pg_total_relation_size('{table}') from {table}"
        );
        let (vacuum, count) = statement.split_once(';').unwrap_or_default();
        sqlx::raw_sql(sqlx::AssertSqlSafe(vacuum.to_owned()))
            .execute(pool)
            .await?;
        let (rows, bytes): (i64, i64) = sqlx::query_as(sqlx::AssertSqlSafe(count.to_owned()))
            .fetch_one(pool)
            .await?;
        println!("{table}: {rows} rows, {} MB", bytes / 1_000_000);
    }
    Ok(())
}

/// How much of a name has been typed, and how well.
#[derive(Clone, Copy, Debug)]
enum Typed {
    Beginning,
    Longer,
    Misspelt,
}

struct Asker {
    conn: PgConnection,
    random: StdRng,
    jobs: Vec<Job>,
}

impl Asker {
    /// A title, or every second time a skill.
    fn name(&mut self, number: usize) -> String {
        loop {
            let Some(job) = self.jobs.choose(&mut self.random) else {
                return String::new();
            };
            match job.skills.choose(&mut self.random) {
                Some(skill) if number % 2 == 1 => return skill.clone(),
                _ if number.is_multiple_of(2) => return job.title.clone(),
                _ => {}
            }
        }
    }

    async fn cpu(&mut self) -> Result<Duration> {
        let pid: i32 = sqlx::query_scalar("select pg_backend_pid()")
            .fetch_one(&mut self.conn)
            .await?;
        processes::exact_cpu(u32::try_from(pid)?)
    }

    async fn corrections(&mut self, asked: usize) -> Result<()> {
        println!("\n| misspelt | put right | p50 / p95 / p99, ms CPU |\n|---|---|---|");
        for (kind, what) in ["titles", "skills"].into_iter().enumerate() {
            let (mut right, mut done, mut times) = (0, 0, vec![]);
            while done < asked {
                let meant = self.name(kind);
                let Some(misspelt) = misspell(&meant, &mut self.random) else {
                    continue;
                };
                done += 1;
                let before = self.cpu().await?;
                let corrected = search::correct(&mut self.conn, &misspelt).await?;
                times.push(self.cpu().await? - before);
                if corrected.is_some_and(|text| is_right(&text, &meant)) {
                    right += 1;
                }
            }
            let share = 100.0 * f64::from(right) / asked as f64;
            println!(
                "| {asked} {what} | {share:.1} % | {} |",
                quantiles(&mut times)
            );
        }
        Ok(())
    }

    async fn suggestions(&mut self, asked: usize) -> Result<()> {
        println!("\n| suggest | p50 / p95 / p99, ms CPU | with an answer |\n|---|---|---|");
        for typed in [Typed::Beginning, Typed::Longer, Typed::Misspelt] {
            let (mut answered, mut times) = (0, vec![]);
            for number in 0..asked {
                let text = self.typed(typed, number);
                let before = self.cpu().await?;
                let found = search::suggest(&mut self.conn, &text).await?;
                times.push(self.cpu().await? - before);
                answered += usize::from(!found.is_empty());
            }
            let share = 100.0 * answered as f64 / asked as f64;
            println!("| {typed:?} | {} | {share:.0} % |", quantiles(&mut times));
        }
        Ok(())
    }

    fn typed(&mut self, typed: Typed, number: usize) -> String {
        let mut name = self.name(number);
        if matches!(typed, Typed::Misspelt)
            && let Some(misspelt) = misspell(&name, &mut self.random)
        {
            name = misspelt;
        }
        let length = name.chars().count();
        let letters = match typed {
            Typed::Beginning => self.random.random_range(1..=3),
            Typed::Longer | Typed::Misspelt => self.random.random_range(4..=length.max(4)),
        };
        name.chars().take(letters).collect()
    }
}

/// p50, p95 and p99 in milliseconds.
fn quantiles(times: &mut [Duration]) -> String {
    times.sort();
    let quantiles = [0.5, 0.95, 0.99].map(|share| {
        let place = ((times.len() as f64 * share).ceil() as usize).saturating_sub(1);
        let time = times.get(place).copied().unwrap_or_default();
        format!("{:.1}", time.as_secs_f64() * 1_000.0)
    });
    quantiles.join(" / ")
}
