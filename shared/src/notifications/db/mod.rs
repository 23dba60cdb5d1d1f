//! Every statement on notifications, the outbox and the suppressed addresses.

pub mod centre;
mod operate;
mod outbox;
pub(super) mod preferences;
pub(super) mod reports;
mod suppressions;
mod sweep;

pub use operate::{OutboxRecord, count_unsent, get_record, list_unsent};
pub(super) use operate::{lock, requeue};
pub use outbox::{
    DeadReason, EmailStatus, Ending, OutboxEmail, end, end_unstarted, get, insert, recipient,
    set_task, start,
};
pub use reports::forget_old_reports;
pub(super) use suppressions::is_suppressed;
pub use suppressions::{Suppression, lift_suppression, list_suppressions, suppress};
pub use sweep::{Swept, forget_old, sweep_abandoned, take_tasks_missing};
