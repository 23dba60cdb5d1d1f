use std::time::Duration;

use chrono::{DateTime, Utc};
use jobboard_shared::queue::{db::operate::Limits, operate::QueueOverview};
use poem_openapi::Object;

use crate::problem::Result;

/// A queue
#[derive(Debug, Object)]
#[oai(rename = "Queue")]
pub(in crate::admin::tasks) struct QueueView {
    queue: String,
    /// Tasks that wait and are due
    due: i64,
    /// Tasks that wait for their time
    scheduled: i64,
    /// Whether `due` and `scheduled` are estimates: with many thousands of tasks,
    /// good to a tenth
    estimated: bool,
    /// At most 10,000 are counted, of the next two too
    running: i64,
    /// Tasks that wait after a lease that ran out
    suspects: i64,
    dead: i64,
    /// Since the oldest due task was due
    oldest_due_seconds: f64,
    /// Workers that serve it
    workers: i64,
    /// Tasks that these run at once
    slots: i64,
    paused_at: Option<DateTime<Utc>>,
    /// Tasks that run at once, over all workers; null is no limit
    max_running: Option<i32>,
    /// Starts in `rate_period_seconds`, over all workers; null is no limit
    rate_limit: Option<i32>,
    rate_period_seconds: Option<f64>,
    /// Over the last five minutes, like all below
    done_per_minute: f64,
    failed_per_minute: f64,
    /// From due to started; null where nothing ended
    wait_p50_seconds: Option<f64>,
    wait_p99_seconds: Option<f64>,
    run_p50_seconds: Option<f64>,
    run_p99_seconds: Option<f64>,
}

impl From<QueueOverview> for QueueView {
    fn from(queue: QueueOverview) -> Self {
        let depth = queue.depth;
        Self {
            queue: depth.queue,
            due: depth.due,
            scheduled: depth.scheduled,
            estimated: depth.estimated,
            running: depth.running,
            suspects: depth.suspects,
            dead: depth.dead,
            oldest_due_seconds: depth.oldest_due_seconds,
            workers: depth.workers,
            slots: depth.slots,
            paused_at: depth.paused_at,
            max_running: depth.max_running,
            rate_limit: depth.rate_limit,
            rate_period_seconds: depth.rate_period_seconds,
            done_per_minute: queue.done_per_minute,
            failed_per_minute: queue.failed_per_minute,
            wait_p50_seconds: queue.wait_p50_seconds,
            wait_p99_seconds: queue.wait_p99_seconds,
            run_p50_seconds: queue.run_p50_seconds,
            run_p99_seconds: queue.run_p99_seconds,
        }
    }
}

/// All queues, by name
#[derive(Debug, Object)]
pub(in crate::admin::tasks) struct QueueList {
    pub(in crate::admin::tasks) results: Vec<QueueView>,
}

/// How much of a queue runs, over all workers
#[derive(Debug, Object)]
pub(in crate::admin::tasks) struct QueueLimits {
    /// Tasks that run at once; null is no limit
    #[oai(validator(minimum(value = "1"), maximum(value = "1000000")))]
    max_running: Option<i32>,
    /// Starts in `rate_period_seconds`; null is no limit
    #[oai(validator(minimum(value = "1"), maximum(value = "1000000")))]
    rate_limit: Option<i32>,
    #[oai(validator(minimum(value = "0.001"), maximum(value = "86400")))]
    rate_period_seconds: Option<f64>,
}

impl QueueLimits {
    pub(in crate::admin::tasks) fn parse(self) -> Result<Limits> {
        let period = self.rate_period_seconds.map(Duration::from_secs_f64);
        Ok(Limits::new(self.max_running, self.rate_limit, period)?)
    }
}
