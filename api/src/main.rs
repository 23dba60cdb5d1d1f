//! `jobboard-api`: the same as `jobboard api`.

use std::{io::Write, process::ExitCode};

use clap::Command;
use jobboard_shared::{config::Settings, startup};

#[tokio::main]
async fn main() -> ExitCode {
    // For --help and --version; everything else is configured by variables.
    Command::new("jobboard-api")
        .about("Serves the HTTP API of the job board, on DATABASE_URL.")
        .version(env!("CARGO_PKG_VERSION"))
        .get_matches();
    let run = async {
        let settings = Settings::load_with_database()?;
        startup::start_log(&settings.log);
        startup::warn_of_settings_without_effect(&settings);
        Box::pin(jobboard_api::run_alone(settings)).await
    };
    match run.await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "jobboard-api: {error}");
            ExitCode::FAILURE
        }
    }
}
