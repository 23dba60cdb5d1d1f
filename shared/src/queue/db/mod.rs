//! Every statement of the queue.

mod batches;
mod cancel;
mod enqueue;
mod lease;
mod limited;
mod minutes;
pub mod operate;
mod records;
mod rescue;
mod schedule;
mod settle;
mod waiting;
mod workers;

pub use batches::{add_to_batch, create_batch, end_batches, forget_batches, sweep_batches};
pub use cancel::{Cancelled, cancel, sweep_cancels};
pub use enqueue::{INSERT_CHUNK, Inserted, insert};
pub use lease::{
    HeldLease, Place, end_all_leases, heartbeat, hold, lease, lease_after, lease_suspect,
    prefer_indexes,
};
pub use limited::{LimitedLease, is_limited, lease_limited};
pub use minutes::{MinuteCounts, add_minutes, drop_old_minutes};
pub use records::{drop_old_dead, drop_old_partitions, make_partitions, open_tasks};
pub use rescue::{Lapse, RESCUED_AT_ONCE, rescue};
pub use schedule::{LastTick, claim_ticks, describe_line, last_ticks, register_lines};
pub use settle::{Attempt, settle, try_settle};
pub use waiting::{OldestDue, expected_run_seconds, oldest_due};
pub use workers::{WorkerBeat, alive_workers, announce_worker, forget_workers, remove_worker};
