//! What is said to the person at the terminal. The log is apart, on standard
//! error.

use std::{
    fmt::Display,
    io::{self, IsTerminal, Write},
    process::ExitCode,
    sync::Mutex,
    time::{Duration, Instant},
};

/// A line on standard output. Nobody may be listening.
pub(crate) fn say(line: impl Display) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

pub(crate) fn fail(error: &dyn Display) -> ExitCode {
    let _ = writeln!(io::stderr(), "jobboard: {error}");
    ExitCode::FAILURE
}

/// Steps of a longer work: on a terminal one line that changes, elsewhere a line
/// now and then.
pub(crate) struct Progress {
    terminal: bool,
    shown: Mutex<Option<Instant>>,
}

impl Progress {
    pub(crate) fn new() -> Self {
        Self {
            terminal: io::stdout().is_terminal(),
            shown: Mutex::new(None),
        }
    }

    /// A new step, shown at once.
    pub(crate) fn step(&self, step: impl Display) {
        if let Ok(mut shown) = self.shown.lock() {
            *shown = None;
        }
        self.show(step);
    }

    /// The same step further on, shown if the last one was shown a while ago.
    pub(crate) fn show(&self, step: impl Display) {
        let pause = Duration::from_millis(if self.terminal { 100 } else { 2000 });
        let Ok(mut shown) = self.shown.lock() else {
            return;
        };
        if shown.is_some_and(|at| at.elapsed() < pause) {
            return;
        }
        *shown = Some(Instant::now());
        if self.terminal {
            let mut out = io::stdout().lock();
            let _ = write!(out, "\r\x1b[2K  {step}").and_then(|()| out.flush());
        } else {
            say(format_args!("  {step}"));
        }
    }

    /// Ends the changing line.
    pub(crate) fn done(&self) {
        if let Ok(mut shown) = self.shown.lock()
            && shown.take().is_some()
            && self.terminal
        {
            let mut out = io::stdout().lock();
            let _ = write!(out, "\r\x1b[2K").and_then(|()| out.flush());
        }
    }
}
