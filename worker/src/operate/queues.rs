use std::time::Duration;

use clap::{Args, Subcommand};
use jobboard_shared::{
    queue::{
        db::operate::{self as db, Limits},
        operate::{self, Operator, QueueOverview, words},
    },
    startup::StartError,
};
use serde_json::json;
use sqlx::PgPool;
use tokio::signal::unix::{SignalKind, signal};

use super::{
    failed,
    output::{say, say_json, say_results, say_table, seconds_or_dash},
};

const BY: Operator = Operator::CommandLine;
const LOOK_RHYTHM: Duration = Duration::from_millis(500);

#[derive(Debug, Args)]
pub struct Queues {
    #[command(subcommand)]
    act: Option<Act>,
    /// For programs.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Show all queues. The same as no word.
    List,
    /// Start nothing of a queue any more; what runs goes on.
    Pause { queue: String },
    /// Take a pause back.
    Resume { queue: String },
    /// Pause a queue and wait until nothing of it runs.
    Drain { queue: String },
    /// Limit a queue over all workers. What is not given is not limited.
    Limit(Limit),
}

#[derive(Debug, Args)]
struct Limit {
    queue: String,
    /// Tasks that run at once.
    #[arg(long, value_parser = clap::value_parser!(i32).range(1..=1_000_000))]
    max_running: Option<i32>,
    /// Starts in so many seconds: 100/60, or 5 for 5 in a second.
    #[arg(long, value_parser = rate)]
    rate: Option<(i32, Duration)>,
}

fn rate(text: &str) -> Result<(i32, Duration), String> {
    let (starts, seconds) = text.split_once('/').unwrap_or((text, "1"));
    let starts = starts.parse().ok().filter(|n| (1..=1_000_000).contains(n));
    let seconds: Option<f64> = seconds
        .parse()
        .ok()
        .filter(|n| (0.001..=86_400.0).contains(n));
    match (starts, seconds) {
        (Some(starts), Some(seconds)) => Ok((starts, Duration::from_secs_f64(seconds))),
        _ => Err("must be starts/seconds, as 100/60".to_owned()),
    }
}

impl Queues {
    pub(super) async fn run(self, db: &PgPool) -> Result<(), StartError> {
        let mut conn = db.acquire().await?;
        match self.act {
            None | Some(Act::List) => {}
            Some(Act::Pause { queue }) => {
                operate::pause(&mut conn, BY, &queue)
                    .await
                    .map_err(failed)?;
            }
            Some(Act::Resume { queue }) => {
                operate::resume(&mut conn, BY, &queue)
                    .await
                    .map_err(failed)?;
            }
            Some(Act::Drain { queue }) => return drain(db, &queue, self.json).await,
            Some(Act::Limit(limit)) => {
                let limits = Limits {
                    max_running: limit.max_running,
                    rate: limit.rate,
                };
                operate::set_limits(&mut conn, BY, &limit.queue, limits)
                    .await
                    .map_err(failed)?;
            }
        }
        drop(conn);
        list(db, self.json).await
    }
}

async fn list(db: &PgPool, json: bool) -> Result<(), StartError> {
    let mut tx = db.begin().await?;
    db::look_only(&mut tx).await?;
    let queues = operate::overview(&mut tx).await?;
    tx.commit().await?;
    if json {
        return say_results(&queues);
    }
    let rows: Vec<_> = queues.iter().map(row).collect();
    say_table(
        [
            "QUEUE",
            "STATE",
            "DUE",
            "LATER",
            "RUNS",
            "SLOTS",
            "DEAD",
            "OLDEST",
            "DONE/MIN",
            "FAILED/MIN",
            "WAIT P50",
            "P99",
            "RUN P50",
            "P99",
            "LIMITS",
        ],
        &rows,
    );
    Ok(())
}

fn row(queue: &QueueOverview) -> [String; 15] {
    let depth = &queue.depth;
    let about = |count: i64| {
        let sign = if depth.estimated { "~" } else { "" };
        format!("{sign}{}", words::number(count))
    };
    let mut limits = Vec::new();
    limits.extend(depth.max_running.map(|most| format!("{most} at once")));
    if let (Some(starts), Some(period)) = (depth.rate_limit, depth.rate_period_seconds) {
        limits.push(format!("{starts} in {}", words::duration(period)));
    }
    [
        depth.queue.clone(),
        if depth.paused_at.is_some() {
            "paused"
        } else {
            "open"
        }
        .to_owned(),
        about(depth.due),
        about(depth.scheduled),
        words::capped(depth.running),
        depth.slots.to_string(),
        words::capped(depth.dead),
        words::duration(depth.oldest_due_seconds),
        format!("{:.1}", queue.done_per_minute),
        format!("{:.1}", queue.failed_per_minute),
        seconds_or_dash(queue.wait_p50_seconds),
        seconds_or_dash(queue.wait_p99_seconds),
        seconds_or_dash(queue.run_p50_seconds),
        seconds_or_dash(queue.run_p99_seconds),
        limits.join(", "),
    ]
}

/// Ctrl-C ends the watching and leaves the pause.
async fn drain(db: &PgPool, queue: &str, json: bool) -> Result<(), StartError> {
    // Before the pause, so that none is left behind in silence.
    let mut interrupted = signal(SignalKind::interrupt())
        .map_err(|error| StartError::Other(format!("cannot watch signals: {error}")))?;
    let mut conn = db.acquire().await?;
    let paused_at = operate::pause(&mut conn, BY, queue).await.map_err(failed)?;
    let mut told = None;
    let running = loop {
        let running = db::running(&mut conn, queue).await?;
        if running == 0 {
            break running;
        }
        if !json && told != Some(running) {
            say(format_args!("{queue} is paused, {running} still running"));
            told = Some(running);
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_RHYTHM) => {}
            _ = interrupted.recv() => break running,
        }
    };
    if json {
        return say_json(&json!({"queue": queue, "paused_at": paused_at, "running": running}));
    }
    if running == 0 {
        say(format_args!("{queue} is paused and nothing of it runs"));
    } else {
        say(format_args!(
            "{queue} stays paused, {running} still running"
        ));
    }
    say(format_args!("let it go on with: queues resume {queue}"));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read() {
        assert_eq!(rate("100/60"), Ok((100, Duration::from_secs(60))));
        assert_eq!(rate("5"), Ok((5, Duration::from_secs(1))));
        assert_eq!(rate("1/0.5"), Ok((1, Duration::from_millis(500))));
        for wrong in ["", "0/1", "5/0", "5/x", "5/86401", "5/NaN", "x/1", "-1/1"] {
            assert!(rate(wrong).is_err(), "{wrong}");
        }
    }
}
