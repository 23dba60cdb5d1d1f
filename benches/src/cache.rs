//! What it is worth to keep answers: lists and searches with and without, and how many
//! of a mix of requests are answered from memory while somebody writes.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use clap::Args;
use reqwest::Client;
use serde_json::{Value, json};

use crate::{
    Result,
    board::{Board, data_folder},
};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Requests of each kind.
    #[arg(long, default_value_t = 5000)]
    requests: usize,
    /// Requests at once.
    #[arg(long, default_value_t = 8)]
    clients: usize,
    /// Different requests of the mix.
    #[arg(long, default_value_t = 1000)]
    distinct: usize,
    /// Edits of jobs in a second beside the mix.
    #[arg(long, default_value_t = 1.0)]
    writes: f64,
}

const LIST: &str = "/api/jobs/?page_size=20";
const SEARCH: &str = "/api/jobs/search/?q=engineer&page_size=20";
const WORDS: &[&str] = &[
    "engineer",
    "nurse",
    "manager",
    "teacher",
    "driver",
    "cook",
    "sales",
    "data",
    "designer",
    "accountant",
    "developer",
    "assistant",
    "electrician",
    "analyst",
    "technician",
    "writer",
];

pub(crate) async fn measure(options: Options) -> Result<()> {
    let folder = data_folder()?;
    let data = folder.path().join("board");
    // The first start fills it with the sample data.
    Board::start(&data)?.stop()?;
    println!("| requests | answers kept | requests/s | p50 | p99 |\n|---|---|---|---|---|");
    for (kept, setting) in [("no", "false"), ("yes", "true")] {
        let board = Board::start_with(&data, &[("JOBBOARD_CACHE", setting)])?;
        for (name, path) in [("list", LIST), ("search", SEARCH)] {
            let paths: Vec<String> = vec![format!("{}{path}", board.base)];
            ask(&options, options.requests / 10, &paths, |_| 0).await?;
            let asked = ask(&options, options.requests, &paths, |_| 0).await?;
            println!(
                "| {name} | {kept} | {:.0} | {} | {} |",
                asked.rate(),
                asked.part(0.5),
                asked.part(0.99)
            );
        }
        if kept == "yes" {
            mix(&options, &board, &data).await?;
        }
        board.stop()?;
    }
    Ok(())
}

/// Requests by Zipf's law, the n-th most frequent 1/n as often as the first, while
/// jobs are edited.
async fn mix(options: &Options, board: &Board, data: &Path) -> Result<()> {
    let paths: Vec<String> = (0..options.distinct)
        .map(|n| {
            let word = WORDS[n % WORDS.len()];
            let size = 10 + n / WORDS.len() / 2 % 90;
            match n % 2 {
                0 => format!("{}/api/jobs/?page_size={size}&location={word}", board.base),
                _ => format!("{}/api/jobs/search/?q={word}&page_size={size}", board.base),
            }
        })
        .collect();
    let weights: Vec<f64> = (1..=paths.len()).map(|rank| 1.0 / rank as f64).collect();
    let whole: f64 = weights.iter().sum();
    let choose = move |n: usize| {
        // Spread evenly, in an order that is the same each time.
        let mut left = (n as f64 * 0.618_033_988_749_895).fract() * whole;
        let chosen = weights.iter().position(|weight| {
            left -= weight;
            left < 0.0
        });
        chosen.unwrap_or(0)
    };
    let admin = board.login(data, "admin").await?;
    let jobs = admin.get("/api/jobs/?page_size=100").await?;
    let ids: Vec<String> = jobs["results"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|job| Some(job["id"].as_str()?.to_owned()))
        .collect();
    let done = Arc::new(AtomicBool::new(false));
    let writing = tokio::spawn({
        let (done, pause) = (
            Arc::clone(&done),
            Duration::from_secs_f64(1.0 / options.writes),
        );
        async move {
            let mut written = 0;
            while !done.load(Relaxed) {
                let path = format!("/api/jobs/{}/", ids[written % ids.len()]);
                let body: Value = json!({"benefits": format!("Edited {written}")});
                if admin.patch(&path, &body).await.is_ok() {
                    written += 1;
                }
                tokio::time::sleep(pause).await;
            }
            written
        }
    });
    let asked = ask(options, options.requests * 10, &paths, choose).await?;
    done.store(true, Relaxed);
    let written = writing.await?;
    println!(
        "\n{} requests of {} kinds in {:.1} s, {written} edits meanwhile: {:.1} % from memory, \
         {:.0} requests/s, p50 {}, p99 {}",
        asked.times.len(),
        paths.len(),
        asked.took.as_secs_f64(),
        100.0 * asked.hits as f64 / asked.times.len() as f64,
        asked.rate(),
        asked.part(0.5),
        asked.part(0.99)
    );
    Ok(())
}

struct Asked {
    /// Ascending.
    times: Vec<Duration>,
    hits: usize,
    took: Duration,
}

impl Asked {
    fn rate(&self) -> f64 {
        self.times.len() as f64 / self.took.as_secs_f64()
    }

    fn part(&self, part: f64) -> String {
        let at = (part * (self.times.len() - 1) as f64) as usize;
        format!("{:.2} ms", self.times[at].as_secs_f64() * 1000.0)
    }
}

/// Asks `number` times, several at once; `choose` says for what.
async fn ask(
    options: &Options,
    number: usize,
    paths: &[String],
    choose: impl Fn(usize) -> usize + Send + Sync + 'static,
) -> Result<Asked> {
    let (paths, choose) = (Arc::new(paths.to_vec()), Arc::new(choose));
    let next = Arc::new(AtomicUsize::new(0));
    let http = Client::new();
    let begun = Instant::now();
    let clients: Vec<_> = (0..options.clients)
        .map(|_| {
            let (paths, choose) = (Arc::clone(&paths), Arc::clone(&choose));
            let (next, http) = (Arc::clone(&next), http.clone());
            tokio::spawn(async move {
                let (mut times, mut hits) = (Vec::new(), 0);
                loop {
                    let n = next.fetch_add(1, Relaxed);
                    if n >= number {
                        return Ok::<_, reqwest::Error>((times, hits));
                    }
                    let begun = Instant::now();
                    let answer = http.get(&paths[choose(n)]).send().await?;
                    let answer = answer.error_for_status()?;
                    let status = answer.headers().get("cache-status");
                    let is_hit = status.is_some_and(|s| s.as_bytes().starts_with(b"jobboard; hit"));
                    answer.bytes().await?;
                    times.push(begun.elapsed());
                    hits += usize::from(is_hit);
                }
            })
        })
        .collect();
    let (mut times, mut hits) = (Vec::new(), 0);
    for client in clients {
        let (of_one, hits_of_one) = client.await??;
        times.extend(of_one);
        hits += hits_of_one;
    }
    let took = begun.elapsed();
    times.sort_unstable();
    Ok(Asked { times, hits, took })
}
