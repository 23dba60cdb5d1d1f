//! A Postgres of one test, to be stopped and started under load.

use std::{
    ffi::OsStr,
    fs,
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use rustix::{
    fs::{FlockOperation, flock},
    process::{Pid, Signal, geteuid, kill_process},
};
use sqlx::{Connection, PgConnection, postgres::PgPoolOptions};
use tempfile::TempDir;

const START_LIMIT: Duration = Duration::from_secs(60);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Durable {
    /// As in production: every commit is on the disk.
    Yes,
    /// A crash of Postgres itself, not of the machine, still loses nothing.
    No,
}

/// Serves the database `jobboard` of the present schema on a socket in a folder
/// of its own. Killed and deleted when dropped.
pub(crate) struct PostgresServer {
    pub(crate) url: String,
    folder: TempDir,
    durable: Durable,
    child: Option<Child>,
}

impl PostgresServer {
    pub(crate) async fn start(durable: Durable) -> Self {
        let folder = open_folder();
        copy(template().await.as_path(), &folder.path().join("data"));
        let mut server = Self::over(folder, durable);
        server.up().await;
        server
    }

    fn over(folder: TempDir, durable: Durable) -> Self {
        let url = format!(
            "postgres://jobboard@localhost/jobboard?host={}",
            folder.path().display()
        );
        Self {
            url,
            folder,
            durable,
            child: None,
        }
    }

    /// Starts again on the same data and address; waits until it answers.
    pub(crate) async fn up(&mut self) {
        let folder = self.folder.path();
        let mut command = command(program("postgres"));
        let fsync = match self.durable {
            Durable::Yes => "fsync=on",
            Durable::No => "fsync=off",
        };
        let sockets = format!("unix_socket_directories={}", folder.display());
        for setting in [
            fsync,
            &sockets,
            "listen_addresses=",
            "max_connections=60",
            "shared_buffers=64MB",
            "max_wal_size=1GB",
        ] {
            command.args(["-c", setting]);
        }
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(folder.join("log"))
            .unwrap();
        let child = command
            .arg("-D")
            .arg(folder.join("data"))
            .stderr(log)
            .spawn()
            .unwrap();
        self.child = Some(child);
        let url = self.url.replace("/jobboard?", "/postgres?");
        let began = Instant::now();
        while !answers(&url).await {
            let ended = self.child.as_mut().unwrap().try_wait().unwrap();
            assert!(
                ended.is_none() && began.elapsed() < START_LIMIT,
                "Postgres does not start:\n{}",
                fs::read_to_string(folder.join("log")).unwrap_or_default()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Rolls back what runs, closes every connection and writes everything down.
    pub(crate) async fn stop_fast(&mut self) {
        self.stop(Signal::INT).await;
    }

    /// As a crash: the next start recovers from the log.
    pub(crate) async fn stop_immediately(&mut self) {
        self.stop(Signal::QUIT).await;
    }

    async fn stop(&mut self, signal: Signal) {
        let mut child = self.child.take().expect("a running server");
        tell(&child, signal);
        tokio::task::spawn_blocking(move || child.wait())
            .await
            .unwrap()
            .unwrap();
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            tell(&child, Signal::QUIT);
            // Its folder must not be deleted under it.
            let _ = child.wait();
        }
    }
}

fn tell(child: &Child, signal: Signal) {
    let id = i32::try_from(child.id()).unwrap();
    kill_process(Pid::from_raw(id).unwrap(), signal).unwrap();
}

async fn answers(url: &str) -> bool {
    match PgConnection::connect(url).await {
        Ok(conn) => conn.close().await.is_ok(),
        Err(_) => false,
    }
}

/// A folder that Postgres' user may pass through and write to.
fn open_folder() -> TempDir {
    let folder = tempfile::Builder::new()
        .prefix("jobboard-postgres.")
        .tempdir_in("/tmp")
        .unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    if let Some((uid, gid)) = owner() {
        std::os::unix::fs::chown(folder.path(), Some(uid), Some(gid)).unwrap();
    }
    folder
}

/// The data of a stopped server with a migrated database, made once for each
/// schema and kept for later runs.
async fn template() -> PathBuf {
    let base = PathBuf::from(format!(
        "/tmp/jobboard-postgres-templates-{}",
        geteuid().as_raw()
    ));
    fs::create_dir_all(&base).unwrap();
    let lock = fs::File::create(base.join("lock")).unwrap();
    let lock = tokio::task::spawn_blocking(move || {
        flock(&lock, FlockOperation::LockExclusive).unwrap();
        lock
    });
    let lock = lock.await.unwrap();
    let data = base.join(super::database::template_name());
    if !data.exists() {
        // Those of former schemas.
        for entry in fs::read_dir(&base).unwrap().flatten() {
            if entry.path().is_dir() {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
        let folder = open_folder();
        let made = folder.path().join("data");
        let output = command(program("initdb"))
            .args(["--username=jobboard", "--auth=trust", "--encoding=UTF8"])
            .args(["--locale=C.UTF-8", "--no-sync", "--pgdata"])
            .arg(&made)
            .output()
            .unwrap();
        assert!(output.status.success(), "initdb: {output:?}");
        let mut server = PostgresServer::over(folder, Durable::No);
        server.up().await;
        migrated_database(&server.url).await;
        server.stop_fast().await;
        copy(&made, &data);
    }
    drop(lock);
    data
}

async fn migrated_database(url: &str) {
    let admin = url.replace("/jobboard?", "/postgres?");
    let mut admin = PgConnection::connect(&admin).await.unwrap();
    sqlx::query("create database jobboard")
        .execute(&mut admin)
        .await
        .unwrap();
    admin.close().await.unwrap();
    let pool = PgPoolOptions::new().connect(url).await.unwrap();
    jobboard_shared::database::migrate(&pool).await.unwrap();
    pool.close().await;
}

/// With owners, modes and times; under its name only when complete.
fn copy(from: &Path, to: &Path) {
    let draft = to.with_extension("new");
    let _ = fs::remove_dir_all(&draft);
    let copied = Command::new("cp")
        .arg("-a")
        .arg(from)
        .arg(&draft)
        .status()
        .unwrap();
    assert!(copied.success(), "cp -a {from:?} {draft:?}");
    fs::rename(draft, to).unwrap();
}

/// Postgres refuses to run as root.
fn owner() -> Option<(u32, u32)> {
    if !geteuid().is_root() {
        return None;
    }
    let passwd = fs::read_to_string("/etc/passwd").unwrap();
    let of = |name: &str| {
        passwd.lines().find_map(|line| {
            let fields: Vec<_> = line.split(':').collect();
            (fields[0] == name).then(|| (fields[2].parse().unwrap(), fields[3].parse().unwrap()))
        })
    };
    Some(of("postgres").or_else(|| of("nobody")).expect("a user"))
}

fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command
        .current_dir("/")
        // Signals of the terminal are not for it.
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .env_clear();
    if let Some((uid, gid)) = owner() {
        command.uid(uid).gid(gid);
    }
    command
}

/// The newest that is installed where Debian and others put it, else on the path.
pub(crate) fn program(name: &str) -> PathBuf {
    let versions = ["/usr/lib/postgresql", "/usr"].map(fs::read_dir);
    let mut found: Vec<_> = versions
        .into_iter()
        .flatten()
        .flatten()
        .flatten()
        .map(|version| version.path().join("bin").join(name))
        .filter(|program| program.exists())
        .collect();
    let version = |program: &PathBuf| -> u32 {
        let text = program.to_string_lossy();
        let digits = |c: char| !c.is_ascii_digit();
        text.split(digits).find_map(|n| n.parse().ok()).unwrap_or(0)
    };
    found.sort_by_key(version);
    found.pop().unwrap_or_else(|| PathBuf::from(name))
}
