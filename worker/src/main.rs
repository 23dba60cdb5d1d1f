//! `jobboard-worker`: the same as `jobboard worker`.

use std::process::ExitCode;

use clap::Command;
use jobboard_shared::startup;

fn main() -> ExitCode {
    // For --help and --version; everything else is configured by variables.
    Command::new("jobboard-worker")
        .about("Runs the background tasks of the job board, on DATABASE_URL.")
        .version(env!("CARGO_PKG_VERSION"))
        .get_matches();
    startup::run_part("jobboard-worker", jobboard_worker::run_alone)
}
