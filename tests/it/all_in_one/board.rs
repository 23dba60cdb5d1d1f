//! The program as a process, with its database.

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    time::{Duration, Instant},
};

use jobboard_shared::config::variables::VARIABLES;
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;

const START_LIMIT: Duration = Duration::from_secs(120);
const STOP_LIMIT: Duration = Duration::from_secs(60);
pub(super) const NOBODY: u32 = 65_534;

/// A folder that PostgreSQL's user may pass through, when we are root.
pub(super) fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o711)).unwrap();
    folder
}

/// Nothing of our own environment, no `.env`, no sample data.
pub(super) fn jobboard(data: &Path, addr: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jobboard"));
    for variable in VARIABLES {
        command.env_remove(variable.name);
    }
    command
        .current_dir(data.parent().unwrap())
        .env("JOBBOARD_DATA_DIR", data)
        .env("JOBBOARD_HTTP_ADDR", addr)
        .env("JOBBOARD_SAMPLE_DATA", "false")
        .stdin(Stdio::null());
    command
}

pub(super) fn refused(mut command: Command) -> String {
    let Output { status, stderr, .. } = command.output().unwrap();
    let stderr = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(1), "{stderr}");
    stderr
}

pub(super) struct Board {
    pub(super) child: Child,
    pub(super) lines: Receiver<String>,
    pub(super) seen: Vec<String>,
    pub(super) base: String,
    pub(super) data: PathBuf,
}

impl Board {
    pub(super) fn start(data: &Path) -> Self {
        Self::start_command(jobboard(data, "127.0.0.1:0"), data)
    }

    pub(super) fn start_command(mut command: Command, data: &Path) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = mpsc::channel();
        let stdout = child.stdout.take().unwrap();
        let stderr = child.stderr.take().unwrap();
        for pipe in [
            Box::new(stdout) as Box<dyn std::io::Read + Send>,
            Box::new(stderr),
        ] {
            let sender = sender.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                    // Nobody reads to the end.
                    let _ = sender.send(line);
                }
            });
        }
        let mut board = Self {
            child,
            lines,
            seen: Vec::new(),
            base: String::new(),
            data: data.to_owned(),
        };
        let ready = board.line("The job board is ready at ");
        let (_, address) = ready.split_once("ready at ").unwrap();
        board.base = address.trim_end_matches('/').to_owned();
        board
    }

    /// The next line that contains this.
    pub(super) fn line(&mut self, wanted: &str) -> String {
        let until = Instant::now() + START_LIMIT;
        loop {
            match self.lines.recv_timeout(until - Instant::now()) {
                Ok(line) => {
                    self.seen.push(line.clone());
                    if line.contains(wanted) {
                        return line;
                    }
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    panic!("no line with {wanted:?} in:\n{}", self.seen.join("\n"))
                }
            }
        }
    }

    pub(super) fn postgres(&self) -> Pid {
        let file = fs::read_to_string(self.data.join("postgres/postmaster.pid")).unwrap();
        Pid::from_raw(file.lines().next().unwrap().trim().parse().unwrap()).unwrap()
    }

    pub(super) async fn get(&self, path: &str) -> reqwest::Response {
        let _ = rustls::crypto::ring::default_provider().install_default();
        reqwest::get(format!("{}{path}", self.base)).await.unwrap()
    }

    pub(super) async fn logs_in(&self, email: &str, password: &str) -> u16 {
        let _ = rustls::crypto::ring::default_provider().install_default();
        reqwest::Client::new()
            .post(format!("{}/api/auth/login/", self.base))
            .json(&json!({"email": email, "password": password}))
            .send()
            .await
            .unwrap()
            .status()
            .as_u16()
    }

    pub(super) fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.child.id().cast_signed()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    pub(super) fn exit_code(&mut self) -> Option<i32> {
        let until = Instant::now() + STOP_LIMIT;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(Instant::now() < until, "it does not stop");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Board {
    /// A failed test must not leave a server behind.
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.signal(Signal::TERM);
            let until = Instant::now() + STOP_LIMIT;
            while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < until {
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    }
}

pub(super) fn gone(pid: Pid) -> bool {
    let until = Instant::now() + STOP_LIMIT;
    while Instant::now() < until {
        // A zombie is as good: nobody may be there to reap it.
        let stat = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()));
        let zombie = stat.is_ok_and(|stat| stat.contains(") Z "));
        if zombie || test_kill_process(pid).is_err() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

pub(super) fn credentials(data: &Path) -> Vec<Value> {
    let text = fs::read_to_string(data.join("credentials.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}
