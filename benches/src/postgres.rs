//! A throwaway PostgreSQL with its usual durability.

use std::{fs, path::Path, time::Duration};

use jobboard::postgres::{Cluster, Server};
use jobboard_shared::{config::Local, data_dir::DataDir};
use rustix::process::{Signal, kill_process};
use secrecy::{ExposeSecret, SecretString};
use sqlx::{AssertSqlSafe, Connection, PgConnection, postgres::PgConnectOptions};
use tempfile::TempDir;

use crate::{
    Result,
    board::data_folder,
    processes::{Pid, children, cpu, cpu_of_ended_children, exact_cpu},
};

/// How a server ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum End {
    /// Rolls back what runs and writes everything down.
    Fast,
    /// As a crash: the next start recovers from the log.
    Immediate,
}

pub(crate) struct Postgres {
    cluster: Cluster,
    data_dir: DataDir,
    /// None only while it restarts.
    server: Option<Server>,
    postmaster: Pid,
    /// Deleted with this.
    _folder: Option<TempDir>,
}

impl Postgres {
    pub(crate) async fn start() -> Result<Self> {
        let folder = data_folder()?;
        let server = Self::start_in(&folder.path().join("board")).await?;
        Ok(Self {
            _folder: Some(folder),
            ..server
        })
    }

    /// In a folder that stays, with what is there already.
    pub(crate) async fn start_in(folder: &Path) -> Result<Self> {
        let local = Local {
            data_dir: Some(folder.to_owned()),
            postgres_bin: std::env::var_os("JOBBOARD_POSTGRES_BIN").map(Into::into),
            postgres_user: std::env::var("JOBBOARD_POSTGRES_USER").ok(),
            postgres_releases: "http://127.0.0.1:9/".parse()?,
            sample_data: false,
        };
        let data_dir = DataDir::locate(&local)?;
        data_dir.create()?;
        let cluster = Cluster::prepare(&data_dir, &local, |_: &str| {}).await?;
        let server = cluster.start(|_: &str| {}).await?;
        println!("{}, fsync on", cluster.describe());
        Ok(Self {
            postmaster: postmaster(&data_dir)?,
            cluster,
            data_dir,
            server: Some(server),
            _folder: None,
        })
    }

    /// Ends it and starts it again on the same data, at another port.
    pub(crate) async fn restart(&mut self, end: End) -> Result<()> {
        let mut server = self.server.take().ok_or("the database is away")?;
        match end {
            End::Fast => server.stop().await?,
            End::Immediate => {
                let pid = rustix::process::Pid::from_raw(i32::try_from(self.postmaster)?);
                kill_process(pid.ok_or("no process")?, Signal::QUIT)?;
                server.died().await;
            }
        }
        self.server = Some(self.cluster.start(|_: &str| {}).await?);
        self.postmaster = postmaster(&self.data_dir)?;
        Ok(())
    }

    fn url(&self) -> Result<SecretString> {
        Ok(self.server.as_ref().ok_or("the database is away")?.url())
    }

    /// Where it listens until its next start.
    pub(crate) fn port(&self) -> Result<u16> {
        let options: PgConnectOptions = self.url()?.expose_secret().parse()?;
        Ok(options.get_port())
    }

    /// The address of a database, whether there is one or not.
    pub(crate) fn address(&self, name: &str) -> Result<String> {
        Ok(self
            .url()?
            .expose_secret()
            .replace("/jobboard?", &format!("/{name}?")))
    }

    /// The address of a new, empty database.
    pub(crate) async fn database(&self, name: &str) -> Result<String> {
        let url = self.url()?;
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
        self.address(name)
    }

    /// What all its processes have used so far, the ended ones too.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        let mut sum = cpu(self.postmaster)? + cpu_of_ended_children(self.postmaster)?;
        for child in children(self.postmaster)? {
            // It may have ended since; it counts among the ended ones next time.
            sum += cpu(child).unwrap_or_default();
        }
        Ok(sum)
    }

    /// What its processes that are there now have used so far, to the microsecond.
    pub(crate) fn exact_cpu(&self) -> Result<Duration> {
        let mut sum = exact_cpu(self.postmaster)?;
        for child in children(self.postmaster)? {
            sum += exact_cpu(child).unwrap_or_default();
        }
        Ok(sum)
    }

    pub(crate) async fn stop(self) -> Result<()> {
        match self.server {
            Some(server) => Ok(server.stop().await?),
            None => Ok(()),
        }
    }
}

fn postmaster(data_dir: &DataDir) -> Result<Pid> {
    let file = fs::read_to_string(data_dir.path().join("postgres/postmaster.pid"))?;
    let pid = file.lines().next().ok_or("no postmaster")?;
    Ok(pid.trim().parse()?)
}
