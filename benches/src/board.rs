//! An all-in-one board as a process, and accounts at its API.

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use reqwest::Method;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::Result;

pub(crate) struct Board {
    process: Child,
    /// Kept open, so that the board can go on writing.
    _lines: BufReader<ChildStdout>,
    pub(crate) base: String,
    /// From the start of the process until it served.
    pub(crate) started_in: Duration,
}

/// A folder that an unprivileged database server can reach too.
pub(crate) fn data_folder() -> Result<TempDir> {
    let folder = tempfile::tempdir()?;
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o711))?;
    Ok(folder)
}

impl Board {
    pub(crate) fn start(data: &Path) -> Result<Self> {
        Self::start_with(data, &[])
    }

    /// With variables of its own.
    pub(crate) fn start_with(data: &Path, variables: &[(&str, &str)]) -> Result<Self> {
        let program = std::env::current_exe()?.with_file_name("jobboard");
        let begun = Instant::now();
        let mut process = Command::new(&program)
            .env("JOBBOARD_DATA_DIR", data)
            .env("JOBBOARD_HTTP_ADDR", "127.0.0.1:0")
            .env("JOBBOARD_RATE_LIMITS", "false")
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| {
                format!("{}: {error}; run cargo build --release", program.display())
            })?;
        let mut lines = BufReader::new(process.stdout.take().ok_or("no output of the board")?);
        let mut line = String::new();
        let base = loop {
            line.clear();
            if lines.read_line(&mut line)? == 0 {
                return Err("the board ended before it was ready".into());
            }
            if let Some((_, address)) = line.split_once("The job board is ready at ") {
                break address.trim().trim_end_matches('/').to_owned();
            }
        };
        Ok(Self {
            process,
            _lines: lines,
            base,
            started_in: begun.elapsed(),
        })
    }

    /// As SIGTERM does: API, workers, database, in this order.
    pub(crate) fn stop(mut self) -> Result<()> {
        let pid = i32::try_from(self.process.id())?;
        kill_process(Pid::from_raw(pid).ok_or("no process")?, Signal::TERM)?;
        let status = self.process.wait()?;
        if status.success() {
            Ok(())
        } else {
            Err(format!("the board ended with {status}").into())
        }
    }

    /// As a power cut does.
    pub(crate) fn kill(mut self) -> Result<()> {
        self.process.kill()?;
        self.process.wait()?;
        Ok(())
    }

    /// Signs in with a login of the first start.
    pub(crate) async fn login(&self, data: &Path, role: &str) -> Result<Account> {
        let text = fs::read_to_string(data.join("credentials.json"))?;
        let logins: Vec<Value> = serde_json::from_str(&text)?;
        let login = logins
            .iter()
            .find(|login| login["role"] == role)
            .ok_or("no such login")?;
        let of = |field: &str| login[field].as_str().unwrap_or_default().to_owned();
        self.sign_in(&of("email"), &of("password")).await
    }

    pub(crate) async fn sign_in(&self, email: &str, password: &str) -> Result<Account> {
        let mut account = Account {
            base: self.base.clone(),
            http: reqwest::Client::new(),
            token: None,
        };
        let tokens = account
            .post(
                "/api/auth/login/",
                &json!({"email": email, "password": password}),
            )
            .await?;
        account.token = tokens["access"].as_str().map(str::to_owned);
        Ok(account)
    }
}

pub(crate) struct Account {
    base: String,
    http: reqwest::Client,
    token: Option<String>,
}

impl Account {
    /// The same board without a login.
    pub(crate) fn anonymous(&self) -> Self {
        Self {
            token: None,
            http: self.http.clone(),
            base: self.base.clone(),
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Value> {
        self.answer(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.answer(self.request(Method::POST, path).json(body))
            .await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Result<Value> {
        self.answer(self.request(Method::PATCH, path).json(body))
            .await
    }

    pub(crate) async fn upload(
        &self,
        path: &str,
        content_type: &str,
        file: Vec<u8>,
    ) -> Result<Value> {
        let request = self
            .request(Method::POST, path)
            .header("content-type", content_type);
        self.answer(request.body(file)).await
    }

    /// Asks until the answer is as wanted; a minute at most.
    pub(crate) async fn watch(&self, path: &str, wanted: impl Fn(&Value) -> bool) -> Result<Value> {
        let begun = Instant::now();
        loop {
            let answer = self.get(path).await?;
            if wanted(&answer) {
                return Ok(answer);
            }
            if begun.elapsed() > Duration::from_secs(60) {
                return Err(format!("{path} stayed {answer}").into());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    async fn answer(&self, request: reqwest::RequestBuilder) -> Result<Value> {
        let response = request.send().await?;
        let (status, url) = (response.status(), response.url().path().to_owned());
        let text = response.text().await?;
        if !status.is_success() {
            return Err(format!("{url} answered {status}: {text}").into());
        }
        Ok(serde_json::from_str(&text)?)
    }
}
