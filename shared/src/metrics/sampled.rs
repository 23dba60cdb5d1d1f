//! Numbers that are looked up now and then.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// What was seen last, for as long as it is true enough: nothing told is better
/// than something old, for an alert sees what is absent.
#[derive(Debug)]
pub struct Sampled<T>(Arc<Mutex<Option<(T, Instant)>>>);

impl<T> Sampled<T> {
    /// Seen now, and told for so long.
    pub fn put(&self, seen: T, told_for: Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((seen, Instant::now() + told_for));
    }

    /// Not called where nothing was seen lately.
    pub fn tell(&self, to: impl FnOnce(&T)) {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((seen, until)) = &*seen
            && Instant::now() < *until
        {
            to(seen);
        }
    }
}

impl<T> Clone for Sampled<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for Sampled<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_seen_lately_is_told() {
        let sampled = Sampled::default();
        let told = || {
            let mut told = None;
            sampled.tell(|seen| told = Some(*seen));
            told
        };
        assert_eq!(told(), None);
        sampled.put(1, Duration::from_secs(3600));
        assert_eq!(told(), Some(1));
        sampled.put(2, Duration::ZERO);
        assert_eq!(told(), None);
    }
}
