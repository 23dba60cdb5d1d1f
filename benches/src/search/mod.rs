//! Search on a large board, beside the design that everybody writes first.

pub(crate) mod ads;
mod changes;
mod compare;
pub(crate) mod fuzz;
mod load;
mod queries;
mod serve;

use std::path::PathBuf;

use clap::Args;

use self::{ads::Vocabulary, queries::Sampler};
use crate::{Result, postgres::Postgres};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Live jobs.
    #[arg(long, default_value_t = 100_000)]
    jobs: usize,
    /// Folder with the real data sets (jobs/remote_ads.ndjson).
    #[arg(long, env = "JOBBOARD_TEST_DATA")]
    data: PathBuf,
    /// Queries of each class.
    #[arg(long, default_value_t = 200)]
    queries: usize,
    /// So many of them are also given to the naive design and ranked in full.
    #[arg(long, default_value_t = 40)]
    beside: usize,
    /// Of ads and queries.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How old the oldest ad is.
    #[arg(long, default_value_t = 90.0)]
    days: f64,
    /// Edits in a second, and for how long.
    #[arg(long, default_value_t = 50)]
    changes: u32,
    /// Seconds of edits.
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// Folder in which the board stays; one that is there is measured again.
    #[arg(long)]
    board: Option<PathBuf>,
}

/// Of the database on its server.
const DATABASE: &str = "search";

pub(crate) async fn measure(options: Options) -> Result<()> {
    let vocabulary = Vocabulary::read(&options.data)?;
    let postgres = match &options.board {
        Some(folder) => Postgres::start_in(folder).await?,
        None => Postgres::start().await?,
    };
    println!("{} jobs, seed {}", options.jobs, options.seed);
    let url = load::board(&postgres, &vocabulary, &options).await?;
    let every = options.jobs.div_ceil(5_000);
    let sample: Vec<_> = ads::ads(&vocabulary, options.seed, options.jobs, options.days)
        .step_by(every)
        .collect();
    let mut sampler = Sampler::of(&sample, options.seed + 1);
    compare::classes(&url, &mut sampler, &options).await?;
    compare::refresh(&url).await?;
    serve::rates(&url, &mut sampler, &options).await?;
    changes::follow(&url, &mut sampler, &options).await?;
    postgres.stop().await
}
