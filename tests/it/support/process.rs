//! Parts of the system as processes of their own, to be killed.

use std::process::Stdio;

use tokio::process::{Child, Command};

use super::TestApp;

/// A worker process on the app's database. Killed when dropped.
pub(crate) struct WorkerProcess(Child);

impl WorkerProcess {
    pub(crate) fn start(app: &TestApp) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_jobboard"))
            .arg("worker")
            .env_clear()
            .env("DATABASE_URL", app.database_url())
            .env("DATABASE_DIRECT_URL", app.database_url())
            .env(
                "JOBBOARD_SECRET_KEY",
                "a secret of this test, of 32 bytes and more",
            )
            .env("JOBBOARD_OUTBOX_DIR", app.outbox())
            .env("JOBBOARD_LEASE", "2s")
            .current_dir(app.outbox())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("start a worker");
        Self(child)
    }

    /// SIGKILL: it finishes nothing.
    pub(crate) async fn kill(mut self) {
        self.0.kill().await.expect("kill the worker");
    }
}
