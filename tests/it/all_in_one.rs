//! The all-in-one as a person meets it: a process, killed and started again.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    os::unix::{
        fs::{PermissionsExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    time::{Duration, Instant},
};

use jobboard_shared::config::variables::VARIABLES;
use rustix::process::{Pid, Signal, geteuid, kill_process, test_kill_process};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use tempfile::TempDir;

const START_LIMIT: Duration = Duration::from_secs(120);
const STOP_LIMIT: Duration = Duration::from_secs(60);
const NOBODY: u32 = 65_534;

/// A folder that PostgreSQL's user may pass through, when we are root.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o711)).unwrap();
    folder
}

/// Nothing of our own environment, no `.env`, no sample data.
fn jobboard(data: &Path, addr: &str) -> Command {
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

fn refused(mut command: Command) -> String {
    let Output { status, stderr, .. } = command.output().unwrap();
    let stderr = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(1), "{stderr}");
    stderr
}

struct Board {
    child: Child,
    lines: Receiver<String>,
    seen: Vec<String>,
    base: String,
    data: PathBuf,
}

impl Board {
    fn start(data: &Path) -> Self {
        Self::start_command(jobboard(data, "127.0.0.1:0"), data)
    }

    fn start_command(mut command: Command, data: &Path) -> Self {
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
    fn line(&mut self, wanted: &str) -> String {
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

    fn postgres(&self) -> Pid {
        let file = fs::read_to_string(self.data.join("postgres/postmaster.pid")).unwrap();
        Pid::from_raw(file.lines().next().unwrap().trim().parse().unwrap()).unwrap()
    }

    async fn get(&self, path: &str) -> reqwest::Response {
        let _ = rustls::crypto::ring::default_provider().install_default();
        reqwest::get(format!("{}{path}", self.base)).await.unwrap()
    }

    async fn logs_in(&self, email: &str, password: &str) -> u16 {
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

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.child.id().cast_signed()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    fn exit_code(&mut self) -> Option<i32> {
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

fn gone(pid: Pid) -> bool {
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

fn credentials(data: &Path) -> Vec<Value> {
    let text = fs::read_to_string(data.join("credentials.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[tokio::test]
async fn a_killed_board_comes_back_with_its_data_and_stops_cleanly() {
    let parent = folder();
    // A socket in there would have a path that is too long.
    let data = parent.path().join("a".repeat(120));
    let mut board = Board::start(&data);
    assert_eq!(board.get("/health/").await.status(), 200);
    let login = &credentials(&data)[0];
    let (email, password) = (
        login["email"].as_str().unwrap(),
        login["password"].as_str().unwrap(),
    );
    assert_eq!(board.logs_in(email, password).await, 200);
    let shown = jobboard(&data, "127.0.0.1:0")
        .arg("credentials")
        .output()
        .unwrap();
    assert!(String::from_utf8(shown.stdout).unwrap().contains(password));

    let second = refused(jobboard(&data, "127.0.0.1:0"));
    assert!(second.contains("another copy of the job board"), "{second}");

    let created = jobboard(&data, "127.0.0.1:0")
        .args(["create-admin", "--email", "root@example.invalid"])
        .output()
        .unwrap();
    let created = String::from_utf8(created.stdout).unwrap();
    let (_, own_password) = created.trim().split_once("password: ").unwrap();

    let first_postgres = board.postgres();
    board.signal(Signal::KILL);
    assert_eq!(board.exit_code(), None);
    assert!(test_kill_process(first_postgres).is_ok());

    let mut board = Board::start(&data);
    assert!(gone(first_postgres));
    assert_eq!(board.logs_in(email, password).await, 200);
    assert_eq!(
        board.logs_in("root@example.invalid", own_password).await,
        200
    );

    // The server killed too, as by a power cut.
    let second_postgres = board.postgres();
    board.signal(Signal::KILL);
    kill_process(second_postgres, Signal::KILL).unwrap();
    board.exit_code();

    let mut board = Board::start(&data);
    assert_eq!(board.logs_in(email, password).await, 200);
    let postgres = board.postgres();
    board.signal(Signal::TERM);
    assert_eq!(board.exit_code(), Some(0));
    assert!(gone(postgres));
    assert!(!data.join("postgres/postmaster.pid").exists());

    let unsure = refused({
        let mut command = jobboard(&data, "127.0.0.1:0");
        command.arg("reset");
        command
    });
    assert!(unsure.contains("--yes"), "{unsure}");
    let reset = jobboard(&data, "127.0.0.1:0")
        .args(["reset", "--yes"])
        .output();
    assert!(reset.unwrap().status.success());
    assert!(!data.join("postgres").exists());
}

#[tokio::test]
async fn the_first_start_alone_creates_logins_and_sample_data() {
    let parent = folder();
    let data = parent.path().join("data");
    let mut board = Board::start(&data);
    let printed = jobboard(&data, "127.0.0.1:0")
        .arg("database-url")
        .output()
        .unwrap();
    let url = String::from_utf8(printed.stdout).unwrap();
    let mut conn = PgConnection::connect(url.trim()).await.unwrap();
    let deleted = sqlx::query("delete from users").execute(&mut conn);
    assert_eq!(deleted.await.unwrap().rows_affected(), 3);
    conn.close().await.unwrap();
    board.signal(Signal::TERM);
    assert_eq!(board.exit_code(), Some(0));

    let mut command = jobboard(&data, "127.0.0.1:0");
    command.env("JOBBOARD_SAMPLE_DATA", "true");
    let mut board = Board::start_command(command, &data);
    let jobs: Value = board.get("/api/jobs/").await.json().await.unwrap();
    assert_eq!(jobs["results"], json!([]), "{jobs}");
    let admin = &credentials(&data)[0];
    let (email, password) = (
        admin["email"].as_str().unwrap(),
        admin["password"].as_str().unwrap(),
    );
    assert_eq!(board.logs_in(email, password).await, 401);
    board.signal(Signal::TERM);
    assert_eq!(board.exit_code(), Some(0));
}

#[tokio::test]
async fn ctrl_c_at_a_terminal_stops_in_order() {
    let parent = folder();
    let data = parent.path().join("data");
    let mut board = Board::start(&data);
    let postgres = board.postgres();
    // A terminal signals the whole foreground group, of which PostgreSQL must
    // not be: it would go before those who use it.
    let group = rustix::process::getpgid(Some(postgres)).unwrap();
    let pid = Pid::from_raw(board.child.id().cast_signed()).unwrap();
    assert_ne!(group, rustix::process::getpgid(Some(pid)).unwrap());
    board.signal(Signal::INT);
    assert_eq!(board.exit_code(), Some(0));
    assert!(gone(postgres));
}

#[tokio::test]
async fn a_second_signal_ends_a_stop_that_waits() {
    let parent = folder();
    let data = parent.path().join("data");
    let mut board = Board::start(&data);
    let postgres = board.postgres();
    // A request whose body does not come holds the stop up.
    let mut slow = TcpStream::connect(board.base.trim_start_matches("http://")).unwrap();
    slow.write_all(
        b"POST /api/auth/login/ HTTP/1.1\r\nHost: localhost\r\n\
          Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
    )
    .unwrap();
    // Answered after the slow one was taken up.
    assert_eq!(board.get("/health/").await.status(), 200);
    board.signal(Signal::TERM);
    board.line("stopping");
    board.signal(Signal::TERM);
    assert_eq!(board.exit_code(), Some(1));
    assert!(board.line("told twice").contains("SIGTERM"));
    assert!(gone(postgres));
}

#[test]
fn a_busy_port_is_said_before_anything_is_started() {
    let parent = folder();
    let data = parent.path().join("data");
    let busy = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = busy.local_addr().unwrap().to_string();
    let said = refused(jobboard(&data, &addr));
    assert!(said.contains(&format!("{addr} is in use")), "{said}");
    assert!(!data.join("postgres").exists());
}

#[test]
fn all_wrong_settings_are_named_at_once() {
    let parent = folder();
    let data = parent.path().join("data");
    let mut command = jobboard(&data, "nonsense");
    command
        .env("JOBBOARD_SECRET_KEY", "hunter2")
        .env("SMTP_URL", "hunter2");
    let said = refused(command);
    for name in ["JOBBOARD_HTTP_ADDR", "JOBBOARD_SECRET_KEY", "SMTP_URL"] {
        assert!(said.contains(&format!("\n  {name}: ")), "{said}");
    }
    assert!(!said.contains("hunter2"), "{said}");
    assert!(!data.exists());
}

#[test]
fn parts_ask_for_their_database() {
    let parent = folder();
    let data = parent.path().join("data");
    for part in ["api", "worker", "migrate"] {
        let mut command = jobboard(&data, "127.0.0.1:0");
        command.arg(part);
        let said = refused(command);
        assert!(said.contains("DATABASE_URL: is needed"), "{said}");
    }
}

#[test]
fn data_of_another_postgres_is_told_plainly() {
    let parent = folder();
    let data = parent.path().join("data");
    fs::create_dir_all(data.join("postgres")).unwrap();
    fs::write(data.join("postgres/PG_VERSION"), "9\n").unwrap();
    if geteuid().is_root() {
        chown(data.join("postgres"), Some(NOBODY), Some(NOBODY)).unwrap();
    }
    let said = refused(jobboard(&data, "127.0.0.1:0"));
    assert!(said.contains("was written by PostgreSQL 9"), "{said}");
}

#[test]
fn a_folder_that_postgres_cannot_enter_is_refused_by_name() {
    if !geteuid().is_root() {
        println!("skipped: needs root");
        return;
    }
    let parent = folder();
    let closed = parent.path().join("closed");
    let data = closed.join("data");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
    let said = refused(jobboard(&data, "127.0.0.1:0"));
    let named = format!("cannot enter {} on the way", closed.display());
    assert!(said.contains(&named), "{said}");
}

#[tokio::test]
async fn an_ordinary_user_needs_nothing_of_root() {
    if !geteuid().is_root() {
        println!("skipped: the other tests run as an ordinary user already");
        return;
    }
    let parent = folder();
    let home = parent.path().join("home");
    fs::create_dir(&home).unwrap();
    chown(&home, Some(NOBODY), Some(NOBODY)).unwrap();
    // Our build folder may be closed to others.
    let program = parent.path().join("jobboard");
    fs::copy(env!("CARGO_BIN_EXE_jobboard"), &program).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();

    let data = home.join(".jobboard");
    let mut command = Command::new(&program);
    for variable in VARIABLES {
        command.env_remove(variable.name);
    }
    command
        .current_dir(&home)
        .env("JOBBOARD_HTTP_ADDR", "127.0.0.1:0")
        .env("JOBBOARD_SAMPLE_DATA", "false")
        .uid(NOBODY)
        .gid(NOBODY);
    let mut board = Board::start_command(command, &data);
    assert_eq!(board.get("/health/db/").await.status(), 200);
    assert_eq!(board.get("/outbox/").await.status(), 403);
    let printed = board.line("/outbox/?key=");
    let (_, address) = printed.split_once("Outbox").unwrap();
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let address = address.split_whitespace().next().unwrap();
    let outbox = client.build().unwrap().get(address).send().await.unwrap();
    assert_eq!(outbox.status(), 303);
    board.signal(Signal::TERM);
    assert_eq!(board.exit_code(), Some(0));
}
