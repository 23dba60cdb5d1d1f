//! How good recommendations are, how fast, and beside others.

mod ads;
mod figures;
mod lists;
mod peers;
mod ratings;
pub(crate) mod scale;
mod synthetic;
mod tuning;
mod views;
mod views_report;

use std::path::PathBuf;

use clap::Args;

use crate::Result;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Folder with the real data sets (interactions/Job_Views.csv, jobs/*).
    #[arg(long, env = "JOBBOARD_TEST_DATA")]
    data: Option<PathBuf>,
    /// Also prints which weights the validation split (the view before the last) prefers.
    #[arg(long)]
    tune: bool,
    /// Measures collaborative scores alone on a file of lines `user item [time]`,
    /// separated by blanks, tabs or commas.
    #[arg(long)]
    ratings: Option<PathBuf>,
    /// Of each user's items in that file, the share that is held out.
    #[arg(long, default_value_t = 0.2)]
    holdout: f64,
    /// Writes a file of the size of MovieLens-1M's positive ratings, made up from
    /// hidden tastes, for `--ratings`.
    #[arg(long)]
    synthetic: Option<PathBuf>,
    /// Measures TF-IDF and neighbours of so many ads recombined from real ones.
    #[arg(long)]
    ads: Option<usize>,
    /// Of everything drawn at random.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Runs numpy, scikit-learn and implicit on the same data (needs python3; installed
    /// from PyPI into a folder of their own).
    #[arg(long)]
    peers: bool,
    /// Where peers are kept between runs.
    #[arg(long)]
    peers_folder: Option<PathBuf>,
}

pub(crate) fn measure(options: &Options) -> Result<()> {
    if let Some(file) = &options.synthetic {
        return synthetic::write(file, options.seed);
    }
    if let Some(file) = &options.ratings {
        return ratings::measure(file, options);
    }
    let data = options
        .data
        .as_deref()
        .ok_or("--data or JOBBOARD_TEST_DATA must name the folder of the data sets")?;
    match options.ads {
        Some(count) => ads::measure(data, count, options),
        None => views_report::measure(data, options),
    }
}
