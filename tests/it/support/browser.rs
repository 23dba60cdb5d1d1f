//! A headless Chromium, spoken to over its debugging pipe: no port, no driver.

use std::{process::Stdio, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStdin, ChildStdout, Command},
    time::{Instant, timeout},
};

use super::PASSWORD;

const PROGRAMS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];
const PATIENCE: Duration = Duration::from_secs(40);
const LOOK_RHYTHM: Duration = Duration::from_millis(50);

/// One window. Ends when dropped.
pub(crate) struct Browser {
    _process: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
    last_id: u64,
    session: Option<String>,
    /// What went wrong in the pages so far: refused by the policy, thrown by scripts.
    pub(crate) complaints: Vec<String>,
    _profile: TempDir,
}

impl Browser {
    pub(crate) async fn start() -> Self {
        let profile = tempfile::tempdir().expect("a folder for the browser");
        let program = PROGRAMS.into_iter().find(|name| is_installed(name));
        let program = program.expect(
            "this test needs Chromium: apt-get install chromium, or tests/run, which installs it",
        );
        // The pipe is descriptors 3 and 4.
        let mut process = Command::new("sh")
            .args(["-c", "exec \"$@\" 3<&0 4>&1 </dev/null >/dev/null", "sh"])
            .arg(program)
            .args([
                "--headless",
                "--remote-debugging-pipe",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-background-networking",
                "--no-first-run",
                "--window-size=1200,900",
            ])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("start the browser");
        let mut browser = Self {
            requests: process.stdin.take().expect("a pipe"),
            answers: BufReader::new(process.stdout.take().expect("a pipe")),
            _process: process,
            last_id: 0,
            session: None,
            complaints: Vec::new(),
            _profile: profile,
        };
        let target = browser
            .ask("Target.createTarget", json!({"url": "about:blank"}))
            .await;
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let attached = browser.ask("Target.attachToTarget", attach).await;
        browser.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page.enable", "Runtime.enable", "Log.enable"] {
            browser.ask(domain, json!({})).await;
        }
        browser
    }

    /// Fails where the browser does not know how or does not answer.
    async fn ask(&mut self, method: &str, params: Value) -> Value {
        self.last_id += 1;
        let mut request = json!({"id": self.last_id, "method": method, "params": params});
        if let Some(session) = &self.session {
            request["sessionId"] = json!(session);
        }
        let mut bytes = request.to_string().into_bytes();
        bytes.push(0);
        self.requests
            .write_all(&bytes)
            .await
            .expect("the browser listens");
        loop {
            let mut bytes = Vec::new();
            let read = self.answers.read_until(0, &mut bytes);
            let read = timeout(PATIENCE, read).await.expect("the browser answers");
            assert!(read.expect("the browser answers") > 0, "the browser ended");
            bytes.pop();
            let message: Value = serde_json::from_slice(&bytes).expect("JSON");
            if message["id"] == self.last_id {
                assert!(message["error"].is_null(), "{method}: {message}");
                return message["result"].clone();
            }
            self.note(&message);
        }
    }

    fn note(&mut self, event: &Value) {
        let params = &event["params"];
        match event["method"].as_str() {
            Some("Log.entryAdded") if params["entry"]["level"] == "error" => {
                self.complaints.push(params["entry"]["text"].to_string());
            }
            Some("Runtime.exceptionThrown") => {
                self.complaints.push(params["exceptionDetails"].to_string());
            }
            _ => {}
        }
    }

    pub(crate) async fn open(&mut self, address: &str) {
        self.ask("Page.navigate", json!({"url": address})).await;
        self.until("document.readyState === 'complete' && location.href !== 'about:blank'")
            .await;
    }

    /// Opens a page of administrators, which asks for the login first, and signs in as
    /// one. That leads to the tasks, whatever page was asked for.
    pub(crate) async fn open_signed_in(&mut self, page: &str, email: &str) {
        self.open(page).await;
        self.until("location.pathname === '/admin/login/'").await;
        self.type_into("input[name=email]", email).await;
        self.type_into("input[name=password]", PASSWORD).await;
        self.click("button.main").await;
        self.until("location.pathname === '/admin/tasks/'").await;
    }

    /// From now on as on a screen of this width.
    pub(crate) async fn as_wide_as(&mut self, width: u32) {
        let screen = json!({"width": width, "height": 640, "deviceScaleFactor": 1, "mobile": true});
        self.ask("Emulation.setDeviceMetricsOverride", screen).await;
    }

    /// From now on as somebody who prefers dark pages, or light ones.
    pub(crate) async fn prefer_dark(&mut self, dark: bool) {
        let value = if dark { "dark" } else { "light" };
        let feature = json!({"name": "prefers-color-scheme", "value": value});
        self.ask("Emulation.setEmulatedMedia", json!({"features": [feature]}))
            .await;
    }

    /// The whole page, as PNG.
    pub(crate) async fn picture(&mut self) -> Vec<u8> {
        let whole = json!({"format": "png", "captureBeyondViewport": true});
        let answer = self.ask("Page.captureScreenshot", whole).await;
        let data = answer["data"].as_str().expect("a picture");
        STANDARD.decode(data).expect("base64")
    }

    /// What an expression comes to; null while a page is being left.
    pub(crate) async fn value(&mut self, expression: &str) -> Value {
        let params = json!({"expression": expression, "returnByValue": true});
        let answer = self.ask("Runtime.evaluate", params).await;
        answer["result"]["value"].clone()
    }

    /// Waits for an expression to come true.
    pub(crate) async fn until(&mut self, expression: &str) {
        let end = Instant::now() + PATIENCE;
        while self.value(expression).await != true {
            if Instant::now() > end {
                let page = self.value("document.body && document.body.innerText").await;
                panic!("waited in vain for {expression} on a page that says {page}");
            }
            tokio::time::sleep(LOOK_RHYTHM).await;
        }
    }

    /// With the mouse, in the middle of the first that the selector finds.
    pub(crate) async fn click(&mut self, selector: &str) {
        let selector = json!(selector);
        self.until(&format!("document.querySelector({selector}) !== null"))
            .await;
        let place = self
            .value(&format!(
                "(() => {{ const e = document.querySelector({selector}); e.scrollIntoView({{block: 'center'}});
                    const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; }})()"
            ))
            .await;
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({"type": kind, "x": place[0], "y": place[1], "button": "left",
                               "clickCount": 1});
            self.ask("Input.dispatchMouseEvent", event).await;
        }
    }

    pub(crate) async fn type_into(&mut self, selector: &str, text: &str) {
        self.click(selector).await;
        self.ask("Input.insertText", json!({"text": text})).await;
    }
}

fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}
