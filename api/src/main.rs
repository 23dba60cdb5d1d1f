//! `jobboard-api`: the same as `jobboard api`.

use std::process::ExitCode;

use clap::Command;
use jobboard_shared::startup;

fn main() -> ExitCode {
    // For --help and --version; everything else is configured by variables.
    Command::new("jobboard-api")
        .about("Serves the HTTP API of the job board, on DATABASE_URL.")
        .version(env!("CARGO_PKG_VERSION"))
        .get_matches();
    startup::run_part("jobboard-api", jobboard_api::run_alone)
}
