use std::collections::HashMap;

use serde::Serialize;
use sqlx::PgConnection;

use crate::queue::{
    db::operate::{self as db, QueueDepth, Recent},
    histogram::Histogram,
};

/// Rates and percentiles look back on so many minutes and the present one.
const MINUTES_BEFORE: i32 = 4;

/// A queue as operators see it.
#[derive(Clone, Debug, Serialize)]
pub struct QueueOverview {
    #[serde(flatten)]
    pub depth: QueueDepth,
    /// Over the last five minutes, like all below.
    pub done_per_minute: f64,
    pub failed_per_minute: f64,
    /// From due to started; `None` where nothing ended.
    pub wait_p50_seconds: Option<f64>,
    pub wait_p99_seconds: Option<f64>,
    pub run_p50_seconds: Option<f64>,
    pub run_p99_seconds: Option<f64>,
}

/// Every queue, by name. For a transaction that [`db::look_only`] began.
pub async fn overview(conn: &mut PgConnection) -> Result<Vec<QueueOverview>, sqlx::Error> {
    let depths = db::queues(conn).await?;
    let recent = db::recent(conn, MINUTES_BEFORE).await?;
    let mut recent: HashMap<_, _> = recent.into_iter().map(|r| (r.queue.clone(), r)).collect();
    Ok(depths
        .into_iter()
        .map(|depth| {
            let recent = recent.remove(&depth.queue).unwrap_or_default();
            QueueOverview::of(depth, &recent)
        })
        .collect())
}

impl QueueOverview {
    fn of(depth: QueueDepth, recent: &Recent) -> Self {
        let a_minute = |count: i64| match recent.minutes {
            0.0 => 0.0,
            minutes => count as f64 / minutes,
        };
        let (waits, runs) = (Histogram::of(&recent.waits), Histogram::of(&recent.runs));
        let seconds =
            |times: &Histogram, share: f64| times.quantile(share).map(|time| time.as_secs_f64());
        Self {
            depth,
            done_per_minute: a_minute(recent.done),
            failed_per_minute: a_minute(recent.failed + recent.dead),
            wait_p50_seconds: seconds(&waits, 0.5),
            wait_p99_seconds: seconds(&waits, 0.99),
            run_p50_seconds: seconds(&runs, 0.5),
            run_p99_seconds: seconds(&runs, 0.99),
        }
    }
}
