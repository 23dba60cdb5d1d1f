//! Which leases this process holds.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use jobboard_shared::queue::LeaseKey;
use tokio_util::sync::CancellationToken;

use super::dispatch::Cancel;

/// What the heartbeat renews: exactly the leases whose guards live.
#[derive(Debug, Default)]
pub(crate) struct Leases {
    held: Mutex<HashMap<LeaseKey, Running>>,
}

#[derive(Debug)]
struct Running {
    lost: CancellationToken,
    /// When the database last is known to have given or renewed the lease.
    confirmed: Instant,
}

impl Leases {
    /// Registers a lease until the guard is dropped.
    pub(crate) fn register(self: &Arc<Self>, key: LeaseKey, stop: &CancellationToken) -> Held {
        let cancel = Cancel::under(stop);
        let running = Running {
            lost: cancel.lost.clone(),
            confirmed: Instant::now(),
        };
        self.lock().insert(key, running);
        Held {
            leases: Arc::clone(self),
            key,
            cancel,
        }
    }

    pub(crate) fn keys(&self) -> Vec<LeaseKey> {
        self.lock().keys().copied().collect()
    }

    /// Cancels the run of a lease that somebody else took.
    pub(crate) fn lost(&self, key: LeaseKey) {
        if let Some(running) = self.lock().get(&key) {
            running.lost.cancel();
        }
    }

    /// The lease was renewed by a beat that began then.
    pub(crate) fn renewed(&self, key: LeaseKey, began: Instant) {
        if let Some(running) = self.lock().get_mut(&key) {
            running.confirmed = running.confirmed.max(began);
        }
    }

    /// Cancels the runs whose leases nobody has renewed for a lease's length:
    /// another worker may run their tasks by now. Gives how many.
    pub(crate) fn expire(&self, lease: Duration) -> usize {
        let held = self.lock();
        let expired = held
            .values()
            .filter(|running| !running.lost.is_cancelled() && running.confirmed.elapsed() >= lease);
        expired.map(|running| running.lost.cancel()).count()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<LeaseKey, Running>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A registered lease.
#[derive(Debug)]
pub(crate) struct Held {
    leases: Arc<Leases>,
    key: LeaseKey,
    cancel: Cancel,
}

impl Held {
    pub(crate) fn cancel(&self) -> Cancel {
        self.cancel.clone()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.leases.lock().remove(&self.key);
    }
}
