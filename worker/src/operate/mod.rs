//! Commands of those who operate the tasks and what they write, the same in `jobboard-worker` and
//! `jobboard`. They talk to the database alone: no API and no worker need run.

mod batches;
mod mails;
mod output;
mod queues;
mod reindex;
mod schedule;
mod suppressions;
mod tasks;
mod workers;

use clap::{Args, Subcommand};
use jobboard_shared::startup::StartError;
use sqlx::PgPool;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show queues, pause, resume, drain and limit them.
    Queues(queues::Queues),
    /// Show tasks, retry, discard, cancel them, run them now.
    Tasks(tasks::Tasks),
    /// Show worker processes.
    Workers(Listing),
    /// Show what runs when.
    Schedule(Listing),
    Reindex(reindex::Reindex),
    /// Show groups of tasks and how far they are.
    Batches(batches::Batches),
    /// Show mails that perhaps did not arrive, send them again.
    Mails(mails::Mails),
    /// Show addresses that nothing is sent to, and lift that.
    Suppressions(suppressions::Suppressions),
}

/// Only shows.
#[derive(Debug, Args)]
pub struct Listing {
    /// For programs.
    #[arg(long)]
    json: bool,
}

impl Command {
    pub async fn run(self, db: &PgPool) -> Result<(), StartError> {
        match self {
            Self::Queues(queues) => queues.run(db).await,
            Self::Tasks(tasks) => tasks.run(db).await,
            Self::Workers(listing) => workers::show(db, listing.json).await,
            Self::Schedule(listing) => schedule::show(db, listing.json).await,
            Self::Reindex(reindex) => reindex.run(db).await,
            Self::Batches(batches) => batches.show(db).await,
            Self::Mails(mails) => mails.run(db).await,
            Self::Suppressions(suppressions) => suppressions.run(db).await,
        }
    }
}

fn failed(error: jobboard_shared::Error) -> StartError {
    StartError::Other(error.to_string())
}
