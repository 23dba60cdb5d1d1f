//! A throwaway PostgreSQL with its usual durability.

use std::{fs, time::Duration};

use jobboard::postgres::{Cluster, Server};
use jobboard_shared::{config::Local, data_dir::DataDir};
use secrecy::ExposeSecret;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tempfile::TempDir;

use super::processes::{Pid, children, cpu, cpu_of_ended_children};
use crate::{Result, board::data_folder};

pub(super) struct Postgres {
    server: Server,
    postmaster: Pid,
    /// Deleted with this.
    _folder: TempDir,
}

impl Postgres {
    pub(super) async fn start() -> Result<Self> {
        let folder = data_folder()?;
        let local = Local {
            data_dir: Some(folder.path().join("board")),
            postgres_bin: std::env::var_os("JOBBOARD_POSTGRES_BIN").map(Into::into),
            postgres_user: std::env::var("JOBBOARD_POSTGRES_USER").ok(),
            postgres_releases: "http://127.0.0.1:9/".parse()?,
            sample_data: false,
        };
        let data_dir = DataDir::locate(&local)?;
        data_dir.create()?;
        let cluster = Cluster::prepare(&data_dir, &local, |_: &str| {}).await?;
        let server = cluster.start(|_: &str| {}).await?;
        let file = fs::read_to_string(data_dir.path().join("postgres/postmaster.pid"))?;
        let postmaster = file.lines().next().ok_or("no postmaster")?.trim().parse()?;
        println!("{}, fsync on", cluster.describe());
        Ok(Self {
            server,
            postmaster,
            _folder: folder,
        })
    }

    /// The address of a new, empty database.
    pub(super) async fn database(&self, name: &str) -> Result<String> {
        let url = self.server.url();
        let mut admin = PgConnection::connect(url.expose_secret()).await?;
        for statement in [
            format!("drop database if exists {name}"),
            format!("create database {name}"),
        ] {
            sqlx::query(AssertSqlSafe(statement))
                .execute(&mut admin)
                .await?;
        }
        admin.close().await?;
        Ok(url
            .expose_secret()
            .replace("/jobboard?", &format!("/{name}?")))
    }

    /// What all its processes have used so far, the ended ones too.
    pub(super) fn cpu(&self) -> Result<Duration> {
        let mut sum = cpu(self.postmaster)? + cpu_of_ended_children(self.postmaster)?;
        for child in children(self.postmaster)? {
            // It may have ended since; it counts among the ended ones next time.
            sum += cpu(child).unwrap_or_default();
        }
        Ok(sum)
    }

    pub(super) async fn stop(self) -> Result<()> {
        Ok(self.server.stop().await?)
    }
}
