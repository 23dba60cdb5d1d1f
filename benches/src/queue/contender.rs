//! A queue under measurement: commands that fill it and work on it.

use std::{
    ffi::OsString,
    path::PathBuf,
    process::Stdio,
    time::{Duration, Instant},
};

use rustix::process::{Signal, kill_process};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    sync::mpsc,
};

use crate::{
    Result,
    processes::{self, Pid},
};

const START_LIMIT: Duration = Duration::from_secs(60);
const RUN_LIMIT: Duration = Duration::from_secs(900);

/// Every command takes the words of [`super::part::Part`].
pub(super) struct Contender {
    pub(super) name: &'static str,
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<OsString>,
    pub(super) environment: Vec<(&'static str, String)>,
    /// Follow the word `work`.
    pub(super) settings: Vec<String>,
    /// Other environment for the quickest pick-up.
    pub(super) idle: Vec<(&'static str, String)>,
    /// Its drains are so many times smaller, or they would take all day.
    pub(super) slowness: u64,
    /// Where its tasks are and how those left are counted; without, a task
    /// counts as ended when its handler has run.
    pub(super) left: Option<Left>,
    /// Of a store of its own.
    pub(super) store: Option<Pid>,
}

pub(super) struct Left {
    pub(super) url: String,
    pub(super) sql: &'static str,
    pub(super) table: &'static str,
}

/// `<number> <microseconds since 1970>`, as handlers and enqueuers print it.
pub(super) type Line = (u64, u64);

impl Contender {
    pub(super) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .args(words)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// Runs a command to its end; gives what it printed.
    pub(super) async fn call(&self, words: &[&str]) -> Result<String> {
        let output = self.command(words).output().await?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() {
            return Ok(text);
        }
        let error = String::from_utf8_lossy(&output.stderr);
        Err(format!("{} {words:?} failed: {text} {error}", self.name).into())
    }

    /// Seconds that the enqueues themselves took.
    pub(super) async fn fill(&self, tasks: u64, chunk: u64) -> Result<f64> {
        let text = self
            .call(&["fill", &tasks.to_string(), &chunk.to_string()])
            .await?;
        let took = text.lines().find_map(|line| line.strip_prefix("took "));
        Ok(took
            .ok_or("the enqueuer does not say how long it took")?
            .parse()?)
    }

    /// Enqueues one by one; gives when each was committed.
    pub(super) async fn single(
        &self,
        word: &str,
        tasks: u64,
        pause: Duration,
    ) -> Result<Vec<Line>> {
        let pause = pause.as_millis().to_string();
        let text = self.call(&[word, &tasks.to_string(), &pause]).await?;
        Ok(text.lines().filter_map(parse).collect())
    }

    /// Starts workers.
    pub(super) fn work(&self, processes: usize, each: bool) -> Result<Crew> {
        let mut words = vec!["work"];
        words.extend(self.settings.iter().map(String::as_str));
        if each {
            words.push("--each");
        }
        let (sender, lines) = mpsc::unbounded_channel();
        let mut workers = Vec::new();
        for number in 0..processes {
            let mut command = self.command(&words);
            if each {
                command.envs(self.idle.iter().map(|(name, value)| (name, value)));
            }
            let mut worker = command.stderr(Stdio::null()).spawn()?;
            let output = worker.stdout.take().ok_or("no output of a worker")?;
            let mut output = BufReader::new(output).lines();
            let sender = sender.clone();
            tokio::spawn(async move {
                while let Ok(Some(line)) = output.next_line().await {
                    if let Some(line) = parse(&line) {
                        // Nobody listens any more: the run is over.
                        let _ = sender.send((number, line));
                    }
                }
            });
            workers.push(worker);
        }
        Ok(Crew {
            name: self.name,
            workers,
            lines,
        })
    }

    /// Waits until nothing is left.
    pub(super) async fn until_empty(&self) -> Result<()> {
        let Some(left) = &self.left else {
            return Ok(());
        };
        let mut conn = PgConnection::connect(&left.url).await?;
        let begun = Instant::now();
        loop {
            let asked = Instant::now();
            let count: i64 = sqlx::query_scalar(left.sql).fetch_one(&mut conn).await?;
            if count == 0 {
                return Ok(conn.close().await?);
            }
            if begun.elapsed() > START_LIMIT {
                return Err(format!("{}: {count} tasks are left over", self.name).into());
            }
            // Where counting is dear it must not slow down what it waits for.
            let pause = (asked.elapsed() * 3).max(Duration::from_millis(2));
            tokio::time::sleep(pause).await;
        }
    }

    pub(super) async fn vacuum(&self) -> Result<()> {
        self.execute("vacuum (analyze)", "").await
    }

    /// Forgets what was filled in.
    pub(super) async fn clear(&self) -> Result<()> {
        if self.left.is_none() {
            self.call(&["clear"]).await?;
        }
        self.execute("truncate", "cascade").await
    }

    /// A statement that names the table of tasks in its middle, where there is one.
    async fn execute(&self, before: &str, after: &str) -> Result<()> {
        if let Some(left) = &self.left {
            let mut conn = PgConnection::connect(&left.url).await?;
            let statement = format!("{before} {} {after}", left.table);
            sqlx::query(AssertSqlSafe(statement))
                .execute(&mut conn)
                .await?;
            conn.close().await?;
        }
        Ok(())
    }
}

fn parse(line: &str) -> Option<Line> {
    let (number, time) = line.trim().split_once(' ')?;
    Some((number.parse().ok()?, time.parse().ok()?))
}

/// Workers at work, and what they say.
pub(super) struct Crew {
    name: &'static str,
    workers: Vec<Child>,
    lines: mpsc::UnboundedReceiver<(usize, Line)>,
}

impl Crew {
    pub(super) async fn next(&mut self) -> Result<(usize, Line)> {
        match tokio::time::timeout(RUN_LIMIT, self.lines.recv()).await {
            Ok(Some(line)) => Ok(line),
            Ok(None) => Err(format!("{}: the workers ended", self.name).into()),
            Err(_) => Err(format!("{}: the workers say nothing", self.name).into()),
        }
    }

    pub(super) fn pids(&self) -> Vec<Pid> {
        self.workers.iter().filter_map(Child::id).collect()
    }

    /// What the workers have used, the ended ones not counted.
    pub(super) fn cpu(&self) -> Duration {
        let used = |pid| {
            let mut used = processes::cpu(pid).unwrap_or_default();
            for child in processes::children(pid).unwrap_or_default() {
                used += processes::cpu(child).unwrap_or_default();
            }
            used
        };
        self.pids().into_iter().map(used).sum()
    }

    /// MiB, of all together.
    pub(super) fn memory(&self) -> f64 {
        let pids = self.pids().into_iter();
        pids.map(|pid| processes::memory(pid).unwrap_or_default())
            .sum()
    }

    pub(super) async fn stop(mut self) -> Result<()> {
        for worker in &mut self.workers {
            let Some(pid) = worker.id() else { continue };
            let pid = rustix::process::Pid::from_raw(i32::try_from(pid)?).ok_or("no process")?;
            // It may have ended by itself.
            let _ = kill_process(pid, Signal::TERM);
            if tokio::time::timeout(START_LIMIT, worker.wait())
                .await
                .is_err()
            {
                worker.kill().await?;
            }
        }
        Ok(())
    }
}
