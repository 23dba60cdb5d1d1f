//! Whether any query string at all is answered.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use clap::Args;
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use reqwest::{Client, Url};
use tokio::task::JoinSet;

use crate::{
    Result,
    board::{Board, data_folder},
};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Query strings, half of them searches and half suggestions.
    #[arg(long, default_value_t = 100_000)]
    requests: usize,
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// What parsers stumble over.
const PIECES: &[&str] = &[
    "\"",
    "'",
    "\"\"",
    "“",
    "„",
    "«",
    "(",
    ")",
    "((",
    "))",
    "[",
    "]",
    "{",
    "}",
    "-",
    "--",
    " -",
    "!",
    "&",
    "|",
    "||",
    "<->",
    "<1>",
    ":*",
    ":A",
    "*",
    "%",
    "_",
    "\\",
    "\\'",
    "$$",
    ";",
    "--",
    "/*",
    "^",
    "~",
    "@",
    "#",
    "+",
    "?",
    "=",
    ",",
    ".",
    "..",
    "/",
    "\0",
    "\t",
    "\n",
    "\r\n",
    "\u{7f}",
    "\u{200b}",
    "\u{200f}",
    "\u{202e}",
    "\u{feff}",
    "\u{fffd}",
    "\u{10ffff}",
    "é",
    "e\u{301}",
    "ß",
    "İ",
    "ﬁ",
    "Ⅷ",
    "漢字",
    "ひらがな",
    "한국어",
    "עברית",
    "العربية",
    "ไทย",
    "👩‍💻",
    "🦀",
    "🇩🇪",
    " OR ",
    "OR",
    " AND ",
    " NOT ",
    "or",
    "c++",
    "c#",
    ".net",
    "node.js",
    "R",
    "Go",
    "ai",
    "engineer",
    "\"data engineer\"",
    "-senior",
    "python",
    "the",
    "of",
    "und",
    "null",
    "NaN",
    "1e308",
    "99999999999999999999",
    "' or 1=1 --",
    "<script>",
    "%00",
    "%",
    "\u{1f}",
];

/// Starts a board with the sample data and asks it; fails with the first text that is
/// answered by an error of the server.
pub(crate) async fn fuzz(options: Options) -> Result<()> {
    const CLIENTS: usize = 8;
    let folder = data_folder()?;
    let board = Board::start_with(&folder.path().join("board"), &[("JOBBOARD_CACHE", "false")])?;
    let asked = Arc::new(AtomicUsize::new(0));
    let mut running = JoinSet::new();
    for client in 0..CLIENTS {
        let (base, asked) = (board.base.clone(), Arc::clone(&asked));
        let mut random = StdRng::seed_from_u64(options.seed + client as u64);
        let mine = options.requests / CLIENTS;
        running.spawn(async move {
            let http = Client::new();
            let mut counts = Counts::default();
            for number in 0..mine {
                let text = text(&mut random);
                let path = ["/api/jobs/search/", "/api/jobs/search/suggest/"][number % 2];
                let url = Url::parse_with_params(&format!("{base}{path}"), [("q", &text)])
                    .map_err(|error| error.to_string())?;
                let status = http
                    .get(url)
                    .send()
                    .await
                    .map_err(|error| format!("{path} {text:?}: {error}"))?
                    .status();
                counts
                    .add(status)
                    .map_err(|()| format!("{path} answered {status} for {text:?}"))?;
                let done = asked.fetch_add(1, Relaxed) + 1;
                if done.is_multiple_of(10_000) {
                    println!("{done} asked");
                }
            }
            Ok::<_, String>(counts)
        });
    }
    let mut all = Counts::default();
    for counts in running.join_all().await {
        let counts = counts?;
        all.good += counts.good;
        all.refused += counts.refused;
    }
    println!(
        "\n{} query strings: {} answered, {} refused with a 4xx, none failed",
        all.good + all.refused,
        all.good,
        all.refused
    );
    board.stop()
}

#[derive(Default)]
struct Counts {
    good: usize,
    refused: usize,
}

impl Counts {
    fn add(&mut self, status: reqwest::StatusCode) -> std::result::Result<(), ()> {
        match status {
            _ if status.is_success() => self.good += 1,
            _ if status.is_client_error() => self.refused += 1,
            _ => return Err(()),
        }
        Ok(())
    }
}

/// Mostly short; one in fifty about ten thousand bytes.
fn text(random: &mut StdRng) -> String {
    let long = random.random_bool(0.02);
    let most = if long {
        10_000
    } else {
        random.random_range(1..60)
    };
    let mut text = String::new();
    while text.len() < most {
        match random.random_range(0..10) {
            0 => text.push(random.random()),
            1 => text.push(' '),
            2 if long => text.push_str(&"x".repeat(random.random_range(1..3_000))),
            _ => text.push_str(PIECES.choose(random).copied().unwrap_or_default()),
        }
    }
    text
}
