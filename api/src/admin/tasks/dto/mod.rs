//! Queues, tasks and workers as administrators see them.

mod fleet;
mod mails;
mod queues;
mod tasks;

pub(super) use fleet::{BatchView, ScheduleLineView, ScheduleList, WorkerList, WorkerView};
pub(super) use mails::{ResentMail, UnsentMailView, UnsentStatus};
pub(super) use queues::{QueueLimits, QueueList, QueueView};
pub(super) use tasks::{ChangedTasks, DeadTasks, State, TaskDetailView, TaskView};
