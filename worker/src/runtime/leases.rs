//! Which leases this process holds.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use jobboard_shared::queue::LeaseKey;
use tokio_util::sync::CancellationToken;

use super::dispatch::Cancel;

/// Requests to cancel that are remembered for leases not registered yet.
const EARLY_REQUESTS: usize = 64;

/// What the heartbeat renews: exactly the leases whose guards live.
#[derive(Debug, Default)]
pub(crate) struct Leases {
    held: Mutex<HashMap<LeaseKey, Running>>,
    /// The latest requests for leases of other processes, or of ours that are
    /// just being taken.
    early: Mutex<VecDeque<LeaseKey>>,
}

#[derive(Debug)]
struct Running {
    cancel: Cancel,
    /// When the database last is known to have given or renewed the lease.
    confirmed: Instant,
}

impl Leases {
    /// Registers a lease that was asked for `asked`, until the guard is dropped.
    pub(crate) fn register(
        self: &Arc<Self>,
        key: LeaseKey,
        asked: Instant,
        stop: &CancellationToken,
    ) -> Held {
        let cancel = Cancel::under(stop);
        let running = Running {
            cancel: cancel.clone(),
            confirmed: asked,
        };
        self.lock().insert(key, running);
        // After the insertion: a request that comes now finds the lease.
        if self.early().contains(&key) {
            cancel.request();
        }
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
            running.cancel.lost.cancel();
        }
    }

    /// Cancels the run of a lease because somebody wants that.
    pub(crate) fn cancel(&self, key: LeaseKey) {
        let mut early = self.early();
        if let Some(running) = self.lock().get(&key) {
            running.cancel.request();
            return;
        }
        if early.len() == EARLY_REQUESTS {
            early.pop_front();
        }
        early.push_back(key);
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
            .map(|running| (&running.cancel.lost, running.confirmed))
            .filter(|(lost, confirmed)| !lost.is_cancelled() && confirmed.elapsed() >= lease);
        expired.map(|(lost, _)| lost.cancel()).count()
    }

    fn early(&self) -> MutexGuard<'_, VecDeque<LeaseKey>> {
        self.early.lock().unwrap_or_else(PoisonError::into_inner)
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

#[cfg(test)]
mod tests {
    use jobboard_shared::queue::TaskId;

    use super::*;

    #[test]
    fn a_request_that_is_heard_before_its_lease_is_kept_for_it() {
        let leases = Arc::<Leases>::default();
        let stop = CancellationToken::new();
        let key = |id, fence| LeaseKey {
            id: TaskId(id),
            fence,
        };
        leases.cancel(key(1, 2));
        assert!(
            !leases
                .register(key(1, 3), Instant::now(), &stop)
                .cancel()
                .is_requested()
        );
        assert!(
            leases
                .register(key(1, 2), Instant::now(), &stop)
                .cancel()
                .is_requested()
        );

        let held = leases.register(key(2, 1), Instant::now(), &stop);
        leases.cancel(key(2, 1));
        assert!(held.cancel().is_requested());
        assert!(!held.cancel().lost.is_cancelled());
    }
}
