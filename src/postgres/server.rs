//! The running PostgreSQL.

use std::{
    fs,
    io::{Read, Seek, SeekFrom},
    net::{Ipv4Addr, TcpListener},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    process::{Child, ExitStatus},
    time::Duration,
};

use jobboard_shared::data_dir::DataDir;
use rustix::process::{Pid, Signal, kill_process};
use secrecy::{ExposeSecret, SecretString};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::time::{Instant, sleep};

use super::{Cluster, PostgresError, Result, cluster::USER, leftover};

/// Recovery after a power cut may take its time.
const START_LIMIT: Duration = Duration::from_secs(300);
const STOP_LIMIT: Duration = Duration::from_secs(60);
const DROP_LIMIT: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(25);
const LOG_KEPT_BYTES: u64 = 10 << 20;

/// Owns the process. Dropped without [`Server::stop`], as by a start that is
/// broken off, it stops PostgreSQL too and blocks for a moment.
#[derive(Debug)]
pub struct Server {
    child: Child,
    port: u16,
    password: SecretString,
    stopped: bool,
}

impl Cluster {
    /// Starts PostgreSQL and waits until it answers. One that a killed run left
    /// is stopped first: its settings may be another version's.
    pub async fn start(&self, say: impl Fn(&str)) -> Result<Server> {
        leftover::clear(&self.data, &say).await?;
        let give_up = Instant::now() + START_LIMIT;
        loop {
            let log_start = self.rotate_log()?;
            let mut server = self.launch()?;
            let Some(status) = server.wait_until_ready(give_up, &say).await? else {
                server.create_database().await?;
                return Ok(server);
            };
            let log = read_from(&self.log, log_start);
            // Somebody took the port between our choice and its use, or the
            // last backends of a killed server are still going down.
            let passing = log.contains("Address already in use")
                || log.contains("could not create any TCP/IP sockets")
                || log.contains("is still in use");
            if !passing || Instant::now() > give_up {
                let log: Vec<_> = log.lines().rev().take(8).collect();
                let log: Vec<_> = log.into_iter().rev().collect();
                return Err(PostgresError::Plain(format!(
                    "PostgreSQL did not start ({status}); the end of {}:\n{}",
                    self.log.display(),
                    log.join("\n")
                )));
            }
            sleep(Duration::from_millis(200)).await;
        }
    }

    /// Where this start's part of the log begins.
    fn rotate_log(&self) -> Result<u64> {
        let size = fs::metadata(&self.log).map_or(0, |metadata| metadata.len());
        if size <= LOG_KEPT_BYTES {
            return Ok(size);
        }
        fs::rename(&self.log, self.log.with_extension("log.old"))
            .map_err(PostgresError::file("cannot rename", &self.log))?;
        Ok(0)
    }

    fn launch(&self) -> Result<Server> {
        let log = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(&self.log)
            .map_err(PostgresError::file("cannot write", &self.log))?;
        let output = log
            .try_clone()
            .map_err(PostgresError::file("cannot write", &self.log))?;
        let port = free_port()?;
        let mut command = self.account.command(self.binaries.postgres());
        command
            .arg("-D")
            .arg(&self.data)
            .current_dir(&self.data)
            .stdout(output)
            .stderr(log);
        // TCP on loopback alone: a socket's path has at most 107 bytes, a data
        // folder's may have more.
        let port_setting = format!("port={port}");
        let buffers_setting = format!("shared_buffers={}MB", shared_buffers_mb());
        for setting in [
            port_setting.as_str(),
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "fsync=on",
            // Without the values of rows: a refused email address is nobody's to read.
            "log_error_verbosity=terse",
            "synchronous_commit=on",
            "full_page_writes=on",
            "max_connections=100",
            buffers_setting.as_str(),
            "logging_collector=off",
            "log_destination=stderr",
            "jit=off",
        ] {
            command.args(["-c", setting]);
        }
        let child = command
            .spawn()
            .map_err(PostgresError::file("cannot run", self.binaries.postgres()))?;
        Ok(Server {
            child,
            port,
            password: self.password.clone(),
            stopped: false,
        })
    }
}

/// A quarter of the memory, within reason: the search's indexes shall fit. Pages are
/// taken only when they are used.
fn shared_buffers_mb() -> u64 {
    let machine = rustix::system::sysinfo();
    let machine = u64::from(machine.mem_unit).saturating_mul(machine.totalram);
    // Of a container; it is written there where it is limited.
    let limit = std::fs::read_to_string("/sys/fs/cgroup/memory.max");
    let limit = limit.ok().and_then(|text| text.trim().parse().ok());
    let bytes = limit.unwrap_or(u64::MAX).min(machine);
    (bytes / 4 / (1 << 20)).clamp(128, 8192)
}

/// Asked of the system, which gives out another each time.
fn free_port() -> Result<u16> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map(|addr| addr.port())
        .map_err(|error| PostgresError::Plain(format!("no port on 127.0.0.1 is free: {error}")))
}

fn url(port: u16, password: &SecretString, database: &str) -> SecretString {
    SecretString::from(format!(
        "postgres://{USER}:{}@127.0.0.1:{port}/{database}?sslmode=disable",
        password.expose_secret()
    ))
}

/// The address of the all-in-one's database if one runs on this folder.
pub fn running_url(data_dir: &DataDir) -> Option<SecretString> {
    let data = data_dir.path().join("postgres");
    leftover::postmaster(&data)?;
    let pid_file = fs::read_to_string(data.join("postmaster.pid")).ok()?;
    let port = pid_file.lines().nth(3)?.trim().parse().ok()?;
    let password = data_dir.existing_secret("postgres_password")?;
    Some(url(port, &password, USER))
}

impl Server {
    pub fn url(&self) -> SecretString {
        url(self.port, &self.password, USER)
    }

    /// `None`: it answers. Otherwise how it ended.
    async fn wait_until_ready(
        &mut self,
        give_up: Instant,
        say: &impl Fn(&str),
    ) -> Result<Option<ExitStatus>> {
        let maintenance = url(self.port, &self.password, "postgres");
        let told_at = Instant::now() + Duration::from_secs(5);
        let mut told = false;
        loop {
            if let Some(status) = self.exited() {
                return Ok(Some(status));
            }
            match PgConnection::connect(maintenance.expose_secret()).await {
                Ok(connection) => {
                    // The answer is what counts.
                    let _ = connection.close().await;
                    return Ok(None);
                }
                Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("28P01") => {
                    return Err(PostgresError::Plain(
                        "PostgreSQL refuses the password in postgres_password of the data folder: \
                         the two are not of one installation"
                            .to_owned(),
                    ));
                }
                Err(error) if Instant::now() > give_up => {
                    return Err(PostgresError::Plain(format!(
                        "PostgreSQL does not answer: {error}"
                    )));
                }
                Err(_) => {}
            }
            if !told && Instant::now() > told_at {
                say("PostgreSQL is still starting, perhaps recovering");
                told = true;
            }
            sleep(POLL).await;
        }
    }

    async fn create_database(&self) -> Result<()> {
        let failed = |error: sqlx::Error| {
            PostgresError::Plain(format!("the database cannot be created: {error}"))
        };
        let maintenance = url(self.port, &self.password, "postgres");
        let mut connection = PgConnection::connect(maintenance.expose_secret())
            .await
            .map_err(failed)?;
        let exists: bool =
            sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
                .bind(USER)
                .fetch_one(&mut connection)
                .await
                .map_err(failed)?;
        if !exists {
            sqlx::query(AssertSqlSafe(format!("create database {USER}")))
                .execute(&mut connection)
                .await
                .map_err(failed)?;
        }
        connection.close().await.map_err(failed)
    }

    /// How it ended, if it did.
    pub fn exited(&mut self) -> Option<ExitStatus> {
        let status = self.child.try_wait().ok().flatten();
        self.stopped |= status.is_some();
        status
    }

    /// Waits for an end that nobody asked for.
    pub async fn died(&mut self) -> ExitStatus {
        loop {
            if let Some(status) = self.exited() {
                return status;
            }
            sleep(Duration::from_millis(250)).await;
        }
    }

    /// Ends connections, writes everything down and waits for the end.
    pub async fn stop(mut self) -> Result<()> {
        if self.exited().is_some() {
            return Ok(());
        }
        self.signal(Signal::INT);
        let patience = Instant::now() + STOP_LIMIT;
        let mut hurried = false;
        while self.exited().is_none() {
            if !hurried && Instant::now() > patience {
                // Safe too: the next start recovers.
                self.signal(Signal::QUIT);
                hurried = true;
            }
            sleep(POLL).await;
        }
        Ok(())
    }

    fn signal(&self, signal: Signal) {
        if let Some(pid) = Pid::from_raw(self.child.id().cast_signed()) {
            // It may have ended by itself.
            let _ = kill_process(pid, signal);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.stopped || self.exited().is_some() {
            return;
        }
        self.signal(Signal::INT);
        let until = std::time::Instant::now() + DROP_LIMIT;
        while self.exited().is_none() && std::time::Instant::now() < until {
            std::thread::sleep(POLL);
        }
    }
}

fn read_from(path: &Path, start: u64) -> String {
    let mut text = Vec::new();
    let read = fs::File::open(path).and_then(|mut file| {
        file.seek(SeekFrom::Start(start))?;
        file.take(1 << 20).read_to_end(&mut text)
    });
    match read {
        Ok(_) => String::from_utf8_lossy(&text).into_owned(),
        Err(error) => error.to_string(),
    }
}
