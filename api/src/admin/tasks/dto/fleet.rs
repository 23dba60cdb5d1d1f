use std::collections::HashMap;

use chrono::{DateTime, Utc};
use jobboard_shared::queue::db::operate::{Batch, ScheduleLine, Worker};
use poem_openapi::Object;

/// A worker process
#[derive(Debug, Object)]
#[oai(rename = "Worker")]
pub(in crate::admin::tasks) struct WorkerView {
    id: String,
    host: String,
    pid: i32,
    version: String,
    /// Tasks that it runs at once, by queue
    queues: HashMap<String, i64>,
    running: i32,
    /// Since the oldest task that it runs was started; 0 where none runs
    oldest_run_seconds: f64,
    /// Its tasks are taken over after so long a silence
    lease_seconds: f64,
    started_at: DateTime<Utc>,
    seen_at: DateTime<Utc>,
    seen_seconds_ago: f64,
    /// It finishes what it runs and takes nothing new
    stopping: bool,
    alive: bool,
}

impl From<Worker> for WorkerView {
    fn from(worker: Worker) -> Self {
        Self {
            queues: worker.slots().into_iter().collect(),
            id: worker.id,
            host: worker.host,
            pid: worker.pid,
            version: worker.version,
            running: worker.running,
            oldest_run_seconds: worker.oldest_run_seconds,
            lease_seconds: worker.lease_seconds,
            started_at: worker.started_at,
            seen_at: worker.seen_at,
            seen_seconds_ago: worker.seen_seconds_ago,
            stopping: worker.stopping,
            alive: worker.alive,
        }
    }
}

/// Workers, those seen last first
#[derive(Debug, Object)]
pub(in crate::admin::tasks) struct WorkerList {
    pub(in crate::admin::tasks) results: Vec<WorkerView>,
}

/// What runs when
#[derive(Debug, Object)]
#[oai(rename = "ScheduleLine")]
pub(in crate::admin::tasks) struct ScheduleLineView {
    name: String,
    /// `every 60 s` or `cron 10 3 * * *` (UTC); null until a worker has said so
    rhythm: Option<String>,
    /// What happens to ticks that no worker was there for: `skip` or `catch up`
    missed: Option<String>,
    last_tick: DateTime<Utc>,
    next_tick: Option<DateTime<Utc>>,
}

impl From<ScheduleLine> for ScheduleLineView {
    fn from(line: ScheduleLine) -> Self {
        Self {
            name: line.name,
            rhythm: line.rhythm,
            missed: line.missed,
            last_tick: line.last_tick,
            next_tick: line.next_tick,
        }
    }
}

/// The schedule, by name
#[derive(Debug, Object)]
pub(in crate::admin::tasks) struct ScheduleList {
    pub(in crate::admin::tasks) results: Vec<ScheduleLineView>,
}

/// A group of tasks
#[derive(Debug, Object)]
#[oai(rename = "Batch")]
pub(in crate::admin::tasks) struct BatchView {
    id: i64,
    name: String,
    /// Tasks that were ever in it
    total: i32,
    /// Tasks that wait or run; at most 10,000 are counted, of the dead too
    remaining: i64,
    dead: i64,
    created_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
}

impl From<Batch> for BatchView {
    fn from(batch: Batch) -> Self {
        Self {
            id: batch.id.0,
            name: batch.name,
            total: batch.total,
            remaining: batch.remaining,
            dead: batch.dead,
            created_at: batch.created_at,
            ended_at: batch.ended_at,
        }
    }
}
