//! The fleet: takes tasks from the queue and runs their handlers.

mod context;
mod drain;
pub mod mail;
mod recommendations;
pub mod registry;
pub mod runtime;
pub mod schedule;
pub mod search;
mod task;
mod trending;

pub use context::Context;
pub use drain::{DrainReport, Failure, drain, drain_with};
pub use task::{Lease, TaskError, TaskResult};
