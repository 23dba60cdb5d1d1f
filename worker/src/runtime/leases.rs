//! Which leases this process holds.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jobboard_shared::queue::LeaseKey;
use tokio_util::sync::CancellationToken;

use super::dispatch::Cancel;

/// What the heartbeat renews: exactly the leases whose guards live.
#[derive(Debug, Default)]
pub(crate) struct Leases {
    held: Mutex<HashMap<LeaseKey, CancellationToken>>,
}

impl Leases {
    /// Registers a lease until the guard is dropped.
    pub(crate) fn register(self: &Arc<Self>, key: LeaseKey, stop: &CancellationToken) -> Held {
        let cancel = Cancel::under(stop);
        self.lock().insert(key, cancel.lost.clone());
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
        if let Some(token) = self.lock().get(&key) {
            token.cancel();
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<LeaseKey, CancellationToken>> {
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
