//! API processes on one database, and a Redis between them.

use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::Duration,
};

use tempfile::TempDir;
use tokio::net::TcpStream;

use super::PER_ACCOUNT;
use crate::{Result, processes::Pid};

pub(super) const SECRET: &str = "a secret of this measurement, of 32 bytes and more";
/// A hundredth of a second each.
const TRIES: usize = 3000;

pub(super) struct Replica {
    process: Child,
    pub(super) base: String,
}

impl Replica {
    pub(super) async fn start(database: &str, redis: Option<&str>) -> Result<Self> {
        let program = std::env::current_exe()?.with_file_name("jobboard");
        let port = free_port()?;
        let mut command = Command::new(&program);
        command
            .arg("api")
            .env("DATABASE_URL", database)
            .env("DATABASE_DIRECT_URL", database)
            .env("JOBBOARD_SECRET_KEY", SECRET)
            .env("JOBBOARD_HTTP_ADDR", format!("127.0.0.1:{port}"))
            .env("JOBBOARD_RATE_LIMITS", "false")
            .env("JOBBOARD_LIVE_HEARTBEAT", "10s")
            .env("JOBBOARD_LIVE_PER_ACCOUNT", PER_ACCOUNT.to_string())
            .env("JOBBOARD_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if let Some(redis) = redis {
            command.env("REDIS_URL", redis);
        }
        let process = command.spawn().map_err(|error| {
            format!("{}: {error}; run cargo build --release", program.display())
        })?;
        let replica = Self {
            process,
            base: format!("http://127.0.0.1:{port}"),
        };
        reach(port).await?;
        Ok(replica)
    }

    pub(super) fn pid(&self) -> Pid {
        self.process.id()
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub(super) struct Redis {
    process: Child,
    port: u16,
    _folder: TempDir,
}

impl Redis {
    pub(super) async fn start() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let port = free_port()?;
        let process = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--port", &port.to_string()])
            .args(["--save", "", "--appendonly", "no"])
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("redis-server: {error}"))?;
        let redis = Self {
            process,
            port,
            _folder: folder,
        };
        reach(port).await?;
        Ok(redis)
    }

    pub(super) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

async fn reach(port: u16) -> Result<()> {
    for _ in 0..TRIES {
        if TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Err(format!("nothing serves port {port}").into())
}
