use std::{collections::HashMap, time::Duration};

use serde::Serialize;
use sqlx::PgConnection;

use crate::queue::{
    db::operate::{self as db, QueueDepth, Recent},
    histogram::Histogram,
};

/// What rates and percentiles look back on.
const RECENT: Duration = Duration::from_secs(300);

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
    let recent = db::recent(conn, RECENT).await?;
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
        let (waits, runs) = (Histogram::of(&recent.waits), Histogram::of(&recent.runs));
        let quantile = |of: &Histogram, share| of.quantile(share).map(|d| d.as_secs_f64());
        let minutes = RECENT.as_secs_f64() / 60.0;
        Self {
            depth,
            done_per_minute: recent.done as f64 / minutes,
            failed_per_minute: (recent.failed + recent.dead) as f64 / minutes,
            wait_p50_seconds: quantile(&waits, 0.5),
            wait_p99_seconds: quantile(&waits, 0.99),
            run_p50_seconds: quantile(&runs, 0.5),
            run_p99_seconds: quantile(&runs, 0.99),
        }
    }
}
