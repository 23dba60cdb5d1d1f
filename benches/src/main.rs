//! Measures the job board against its bars and prints the figures.

mod alerts;
mod board;
mod cache;
mod digest;
mod fleet;
mod install;
mod live;
mod main_job;
mod nothing_lost;
mod postgres;
mod processes;
mod queue;
mod recommend;
mod replica;
mod search;
mod words;

use std::{error::Error, path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

/// Build `jobboard` with the same profile first: it is started as people start it.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    measurement: Measurement,
}

#[derive(Debug, Subcommand)]
enum Measurement {
    /// The main job on real ads: start, import, search, apply, recommend, trend.
    MainJob {
        /// Folder with the real data sets (jobs/remote_ads.ndjson, jobs/nyc_jobs.csv).
        #[arg(long, env = "JOBBOARD_TEST_DATA")]
        data: PathBuf,
    },
    /// A new job against very many saved searches, beside running these.
    Alerts(alerts::Options),
    /// Lists and searches with and without kept answers, and the share of a mix.
    Cache(cache::Options),
    /// A digest of very many accounts while workers are killed.
    Digest(digest::Options),
    /// News on live connections: how soon it comes, and what waiting ones cost.
    Live(live::Options),
    /// The task queue: enqueue, drain, pick-up, a large backlog.
    Queue(queue::Options),
    /// Whether tasks are lost or doubled while workers are killed and the database
    /// restarts.
    NothingLost(nothing_lost::Options),
    /// Search on a large board, beside `ts_rank` over all that match.
    Search(search::Options),
    /// Corrections and suggestions on a large board.
    SearchWords(words::Options),
    /// Whether any query string at all is answered.
    SearchFuzz(search::fuzz::Options),
    /// What `digest` starts.
    #[command(hide = true)]
    DigestWorker(digest::WorkerOptions),
    /// How good recommendations are, how fast, and beside others.
    Recommend(recommend::Options),
    /// Recommendations of a large board: a whole batch, and lists made on request.
    RecommendScale(recommend::scale::Options),
    /// What `nothing-lost` starts.
    #[command(hide = true)]
    NothingLostWorker(nothing_lost::WorkerOptions),
    /// What `queue` starts.
    #[command(hide = true, subcommand)]
    QueuePart(queue::Part),
}

fn main() -> ExitCode {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let arguments = Arguments::parse();
    let measured = tokio::runtime::Runtime::new()
        .map_err(Into::into)
        .and_then(|runtime| {
            runtime.block_on(async {
                match arguments.measurement {
                    Measurement::MainJob { data } => main_job::measure(&data).await,
                    Measurement::Alerts(options) => alerts::measure(options).await,
                    Measurement::Digest(options) => digest::prove(options).await,
                    Measurement::DigestWorker(options) => digest::work(options).await,
                    Measurement::Cache(options) => cache::measure(options).await,
                    Measurement::Live(options) => live::measure(options).await,
                    Measurement::NothingLost(options) => nothing_lost::prove(options).await,
                    Measurement::NothingLostWorker(options) => nothing_lost::work(options).await,
                    Measurement::Search(options) => search::measure(options).await,
                    Measurement::SearchWords(options) => words::measure(options).await,
                    Measurement::SearchFuzz(options) => search::fuzz::fuzz(options).await,
                    Measurement::Recommend(options) => recommend::measure(&options),
                    Measurement::RecommendScale(options) => {
                        recommend::scale::measure(options).await
                    }
                    Measurement::Queue(options) => queue::measure(options).await,
                    Measurement::QueuePart(part) => queue::play(part).await,
                }
            })
        });
    match measured {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("failed: {error}");
            ExitCode::FAILURE
        }
    }
}
