//! A Redis between API processes.

use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::{
    Result,
    replica::{free_port, reach},
};

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
