//! The all-in-one as a person meets it: a process, killed and started again.

mod board;

use std::{
    fs,
    io::Write,
    net::{TcpListener, TcpStream},
    os::unix::{
        fs::{PermissionsExt, chown},
        process::CommandExt,
    },
    process::Command,
};

use jobboard_shared::config::variables::VARIABLES;
use rustix::process::{Pid, Signal, geteuid, kill_process, test_kill_process};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};

use self::board::{Board, NOBODY, credentials, folder, gone, jobboard, refused};

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
