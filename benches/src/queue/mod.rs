//! The queue against its bars, and against other queues on the same machine.

mod backlog;
mod bare;
mod contender;
mod drain;
mod figures;
mod part;
mod peers;
mod pickup;
mod report;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jobboard_shared::startup;

pub(crate) use self::part::{Part, play};
use self::{
    contender::{Contender, Left},
    peers::Peers,
};
use crate::{Result, postgres::Postgres};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Also measure other queues, which npm and pip install.
    #[arg(long)]
    peers: bool,
    /// Where the other queues are installed and kept; else a temporary folder.
    #[arg(long)]
    peers_folder: Option<PathBuf>,
    /// Small counts: whether it works, not how fast.
    #[arg(long)]
    quick: bool,
    /// Alternating runs; the median counts.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Tasks of one drain.
    #[arg(long, default_value_t = 100_000)]
    tasks: u64,
    /// Tasks of the large backlog.
    #[arg(long, default_value_t = 1_000_000)]
    backlog: u64,
    /// Tasks that one of our worker processes runs at once.
    #[arg(long, default_value_t = 1000)]
    slots: usize,
    /// Vacuum before each drain.
    #[arg(long)]
    vacuum: bool,
    /// Only these parts.
    #[arg(long, value_delimiter = ',')]
    only: Vec<Measured>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Measured {
    Enqueue,
    Drain,
    PickUp,
    Backlog,
}

impl Options {
    fn wants(&self, part: Measured) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }
}

pub(crate) async fn measure(mut options: Options) -> Result<()> {
    if options.quick {
        options.rounds = options.rounds.min(1);
        options.tasks = options.tasks.min(10_000);
        options.backlog = options.backlog.min(20_000);
    }
    // The database server would outlive us.
    let stop = startup::stop_on_signals(|| {}).map_err(|error| error.to_string())?;
    let server = Postgres::start().await?;
    let measured = stop.run_until_cancelled(measure_on(&server, &options));
    let measured = measured.await.unwrap_or(Err("stopped".into()));
    server.stop().await?;
    measured
}

async fn measure_on(server: &Postgres, options: &Options) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let url = server.database("bench_ours").await?;
    let mut contenders = vec![ours(&url, options.slots).await?];
    let mut peers = None;
    if options.peers {
        let kept = options.peers_folder.clone();
        let path = kept.unwrap_or_else(|| folder.path().join("peers"));
        println!("installing the other queues into {}", path.display());
        let mut installed = Peers::install(&path, server).await?;
        contenders.append(&mut installed.contenders);
        peers = Some(installed);
    }
    let mut tables = Vec::new();
    if options.wants(Measured::Enqueue) {
        tables.push(report::enqueue(options, &contenders, &url).await?);
    }
    if options.wants(Measured::PickUp) {
        tables.push(report::pick_up(options, &contenders).await?);
    }
    if options.wants(Measured::Drain) {
        tables.push(report::drain(options, server, &contenders, &url, folder.path()).await?);
    }
    if let (true, Some(ours)) = (options.wants(Measured::Backlog), contenders.first()) {
        tables.push(report::backlog(options, ours, &url).await?);
    }
    drop(peers);
    println!("\n{}", tables.join("\n\n"));
    Ok(())
}

async fn ours(url: &str, slots: usize) -> Result<Contender> {
    let ours = Contender {
        name: "ours",
        program: std::env::current_exe()?,
        arguments: vec!["queue-part".into()],
        environment: vec![("BENCH_URL", url.to_owned())],
        settings: vec![slots.to_string()],
        idle: Vec::new(),
        slowness: 1,
        left: Some(Left {
            url: url.to_owned(),
            sql: "select count(*) from (select from tasks limit 1) t",
            table: "tasks",
        }),
        store: None,
    };
    ours.call(&["setup"]).await?;
    Ok(ours)
}
