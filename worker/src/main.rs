//! `jobboard-worker`: the same as `jobboard worker`.

use std::{io::Write, process::ExitCode};

use clap::Command;
use jobboard_shared::{config::Settings, startup};

#[tokio::main]
async fn main() -> ExitCode {
    // For --help and --version; everything else is configured by variables.
    Command::new("jobboard-worker")
        .about("Runs the background tasks of the job board, on DATABASE_URL.")
        .version(env!("CARGO_PKG_VERSION"))
        .get_matches();
    let run = async {
        let settings = Settings::load_with_database()?;
        startup::start_log(&settings.log);
        startup::warn_of_settings_without_effect(&settings);
        Box::pin(jobboard_worker::run_alone(settings)).await
    };
    match run.await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "jobboard-worker: {error}");
            ExitCode::FAILURE
        }
    }
}
