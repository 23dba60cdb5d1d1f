//! Parts of the system as processes of their own, to be killed.

use std::process::Stdio;

use secrecy::ExposeSecret;
use tokio::{
    net::TcpListener,
    process::{Child, Command},
};

use super::TestApp;

/// A part of the job board as a program, on the app's database; all it prints is
/// thrown away. Killed when dropped.
pub(crate) fn part(app: &TestApp, name: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jobboard"));
    command
        .arg(name)
        .env_clear()
        .env("DATABASE_URL", app.database_url())
        .env("DATABASE_DIRECT_URL", app.database_url())
        .env(
            "JOBBOARD_SECRET_KEY",
            "a secret of this test, of 32 bytes and more",
        )
        .env("JOBBOARD_LEASE", "2s")
        .current_dir(app.outbox())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    command
}

/// An address that was free a moment ago.
pub(crate) async fn free_address() -> String {
    let reserved = TcpListener::bind("127.0.0.1:0").await.unwrap();
    reserved.local_addr().unwrap().to_string()
}

/// A worker process on the app's database. Killed when dropped.
pub(crate) struct WorkerProcess(Child);

impl WorkerProcess {
    pub(crate) fn start(app: &TestApp) -> Self {
        Self::start_with(app, &[])
    }

    /// Sends its mail as the app is configured to; `variables` win.
    pub(crate) fn start_with(app: &TestApp, variables: &[(&str, &str)]) -> Self {
        let mut command = part(app, "worker");
        let mail = &app.config.mail;
        match &mail.smtp_url {
            Some(url) => command
                .env("SMTP_URL", url.expose_secret())
                .env("JOBBOARD_MAIL_FROM", &mail.from)
                .env(
                    "JOBBOARD_SMTP_TIMEOUT",
                    format!("{}ms", mail.answer_within.as_millis()),
                ),
            None => command.env("JOBBOARD_OUTBOX_DIR", app.outbox()),
        };
        command.envs(variables.iter().copied());
        Self(command.spawn().expect("start a worker"))
    }

    /// SIGKILL: it finishes nothing.
    pub(crate) async fn kill(mut self) {
        self.0.kill().await.expect("kill the worker");
    }
}
