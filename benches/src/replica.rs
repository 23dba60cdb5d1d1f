//! API processes on a database.

use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::Duration,
};

use tokio::net::TcpStream;

use crate::{Result, processes::Pid};

pub(crate) const SECRET: &str = "a secret of this measurement, of 32 bytes and more";
/// A hundredth of a second each.
const TRIES: usize = 3000;

pub(crate) struct Replica {
    process: Child,
    pub(crate) base: String,
}

impl Replica {
    /// With variables of its own.
    pub(crate) async fn start(database: &str, variables: &[(&str, &str)]) -> Result<Self> {
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
            .env("JOBBOARD_LOG", "warn")
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
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

    pub(crate) fn pid(&self) -> Pid {
        self.process.id()
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

pub(crate) async fn reach(port: u16) -> Result<()> {
    for _ in 0..TRIES {
        if TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Err(format!("nothing serves port {port}").into())
}
