//! The machinery under the handlers: nothing here knows a kind of task.

mod acks;
mod backend;
mod cron;
mod dispatch;
mod fetcher;
mod fleet;
mod gauges;
mod heartbeat;
mod leases;
mod meter;
mod patience;
mod patient_acks;
mod scheduler;
mod supervise;
mod wakes;

pub use cron::{Cron, CronError};
pub(crate) use dispatch::{Cancel, Dispatcher, Ending};
pub use dispatch::{Registry, TaskHandler};
pub use fleet::{RunError, run_with};
pub use scheduler::{Missed, Schedule, tick};
