//! The all-in-one's own PostgreSQL: found or downloaded, durable, stopped with
//! us or, after a kill, by the next start.

mod account;
mod cluster;
mod download;
mod find;
mod leftover;
mod server;

use std::path::PathBuf;

use jobboard_shared::{data_dir::DataDir, startup::StartError};
use rustix::process::{Signal, kill_process};

use account::Account;
pub use cluster::Cluster;
pub use server::{Server, running_url};

/// What a person at the terminal is told.
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    #[error("{0}")]
    Plain(String),
    #[error("{what} {path}: {source}", path = path.display())]
    File {
        what: &'static str,
        path: PathBuf,
        source: std::io::Error,
    },
}

impl PostgresError {
    fn file(what: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { what, path, source }
    }
}

type Result<T> = std::result::Result<T, PostgresError>;

impl From<PostgresError> for StartError {
    fn from(error: PostgresError) -> Self {
        Self::Other(error.to_string())
    }
}

/// Asks the server on this folder to stop, and does not wait for it.
pub fn tell_to_stop(data_dir: &DataDir) {
    if let Some(pid) = leftover::postmaster(&data_dir.path().join("postgres")) {
        // It may have ended by itself.
        let _ = kill_process(pid, Signal::INT);
    }
}

/// Stops a server that a killed run left on this folder.
pub async fn stop_leftover(data_dir: &DataDir, say: impl Fn(&str)) -> Result<()> {
    let data = data_dir.path().join("postgres");
    if data.exists() {
        leftover::clear(&data, &say).await?;
    }
    Ok(())
}
