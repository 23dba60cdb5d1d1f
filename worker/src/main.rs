//! `jobboard-worker`: the same as `jobboard worker`, and the commands of those
//! who operate the tasks.

use std::process::ExitCode;

use clap::Parser;
use jobboard_shared::{
    config::Settings,
    database,
    startup::{self, StartError},
};
use jobboard_worker::operate::Command;

/// Runs the background tasks of the job board, on DATABASE_URL. With a command:
/// shows and changes them.
#[derive(Debug, Parser)]
#[command(name = "jobboard-worker", version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

fn main() -> ExitCode {
    let command = Arguments::parse().command;
    startup::run_part("jobboard-worker", async |settings| match command {
        None => jobboard_worker::run_alone(settings).await,
        Some(command) => operate(&settings, command).await,
    })
}

async fn operate(settings: &Settings, command: Command) -> Result<(), StartError> {
    let url = settings
        .database_url
        .as_ref()
        .ok_or(StartError::NoDatabase)?;
    let db = database::connect(url, 2).await?;
    let ran = command.run(&db).await;
    db.close().await;
    ran
}
