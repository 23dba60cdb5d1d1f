//! A Redis of the test's own, to be killed.

use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    process::{Child, Command},
};

use super::until;

/// A `redis-server` that keeps nothing on disk. Killed when dropped.
pub(crate) struct RedisServer {
    port: u16,
    process: Child,
    folder: TempDir,
}

impl RedisServer {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("its number").port();
        drop(listener);
        let folder = tempfile::tempdir().expect("a folder");
        let process = spawn(port, &folder).await;
        Self {
            port,
            process,
            folder,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }

    /// SIGKILL.
    pub(crate) async fn kill(&mut self) {
        self.process.kill().await.expect("kill Redis");
    }

    /// SIGSTOP: its connections stand and nothing answers.
    pub(crate) fn hang(&self) {
        let id = self.process.id().and_then(|id| i32::try_from(id).ok());
        let id = id.and_then(Pid::from_raw).expect("a running Redis");
        kill_process(id, Signal::STOP).expect("stop Redis");
    }

    /// Starts it on the same port, empty.
    pub(crate) async fn start_again(&mut self) {
        self.process = spawn(self.port, &self.folder).await;
    }
}

async fn spawn(port: u16, folder: &TempDir) -> Child {
    let process = Command::new("redis-server")
        .args(["--bind", "127.0.0.1", "--port", &port.to_string()])
        .args(["--save", "", "--appendonly", "no"])
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("start redis-server: tests/run installs it");
    until("redis-server answers", async || answers(port).await).await;
    process
}

async fn answers(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)).await else {
        return false;
    };
    let mut answer = [0; 5];
    stream.write_all(b"PING\r\n").await.is_ok()
        && stream.read_exact(&mut answer).await.is_ok()
        && &answer == b"+PONG"
}
