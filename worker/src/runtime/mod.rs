//! The machinery under the handlers: nothing here knows a kind of task.

mod cron;
mod dispatch;
mod scheduler;

pub use cron::{Cron, CronError};
pub(crate) use dispatch::{Cancel, Dispatcher, Ending};
pub use dispatch::{Registry, TaskHandler};
pub use scheduler::{Missed, Schedule, tick};
