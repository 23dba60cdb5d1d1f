//! `jobboard`: everything on one machine, or one part of it.

mod accounts;
mod all_in_one;
mod commands;
mod terminal;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use jobboard_shared::{
    config::Settings,
    startup::{self, StartError},
};

/// The job board. Without a command: a database of its own, the API and the
/// workers, on this machine.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the HTTP API alone, on DATABASE_URL.
    Api,
    /// Run background tasks alone, on DATABASE_URL.
    Worker,
    /// Bring the database's schema up to date.
    Migrate,
    /// Create an administrator.
    CreateAdmin(commands::CreateAdmin),
    /// Fill the database with sample companies, jobs and people.
    LoadSampleData,
    #[command(flatten)]
    Operate(jobboard_worker::operate::Command),
    /// Show the logins that the first start created.
    Credentials,
    /// Print the address of the database, for pg_dump and psql. Shows its password.
    DatabaseUrl,
    /// Delete everything that the all-in-one keeps.
    Reset(commands::Reset),
}

fn main() -> ExitCode {
    // Crates of this program bring more than one choice.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let arguments = Arguments::parse();
    match startup::in_runtime(run(arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => terminal::fail(&error),
    }
}

async fn run(arguments: Arguments) -> Result<(), StartError> {
    let settings = match arguments.command {
        Some(Command::Api | Command::Worker) => Settings::load_with_database()?,
        _ => Settings::load()?,
    };
    startup::start_log(&settings.log);
    startup::warn_of_settings_without_effect(&settings);
    match arguments.command {
        None => Box::pin(all_in_one::run(settings)).await,
        Some(Command::Api) => Box::pin(jobboard_api::run_alone(settings)).await,
        Some(Command::Worker) => Box::pin(jobboard_worker::run_alone(settings)).await,
        Some(Command::Migrate) => commands::migrate(settings).await,
        Some(Command::CreateAdmin(options)) => commands::create_admin(settings, options).await,
        Some(Command::LoadSampleData) => Box::pin(commands::load_sample_data(settings)).await,
        Some(Command::Operate(command)) => Box::pin(commands::operate(settings, command)).await,
        Some(Command::Credentials) => commands::credentials(&settings),
        Some(Command::DatabaseUrl) => commands::database_url(&settings),
        Some(Command::Reset(options)) => commands::reset(&settings, &options).await,
    }
}
