//! When what changed last, as this process has heard.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use super::topics::{COUNT, Change};

/// Counts changes. To forget is to note the count beside a topic: nothing is looked
/// for and nothing removed.
pub(super) struct Epochs {
    count: AtomicU64,
    everything: AtomicU64,
    topics: Box<[AtomicU64]>,
}

impl Default for Epochs {
    fn default() -> Self {
        Self {
            count: AtomicU64::new(0),
            everything: AtomicU64::new(0),
            topics: (0..COUNT).map(|_| AtomicU64::new(0)).collect(),
        }
    }
}

impl Epochs {
    /// The present moment. Taken before an answer is made, it tells later whether
    /// anything changed since.
    pub(super) fn now(&self) -> u64 {
        self.count.load(SeqCst)
    }

    pub(super) fn change(&self, change: &Change) {
        let now = self.count.fetch_add(1, SeqCst) + 1;
        match change {
            Change::Everything => self.everything.store(now, SeqCst),
            Change::Of(topics) => {
                for topic in topics {
                    if let Some(topic) = self.topics.get(usize::from(*topic)) {
                        topic.store(now, SeqCst);
                    }
                }
            }
        }
    }

    pub(super) fn unchanged_since(&self, moment: u64, topics: &[u16]) -> bool {
        let changed = |topic: &u16| {
            let topic = self.topics.get(usize::from(*topic));
            topic.is_none_or(|last| last.load(SeqCst) > moment)
        };
        self.everything.load(SeqCst) <= moment && !topics.iter().any(changed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_holds_until_something_of_its_own_changes() {
        let epochs = Epochs::default();
        let made = epochs.now();
        epochs.change(&Change::Of(vec![1]));
        assert!(epochs.unchanged_since(made, &[0, 2]));
        assert!(!epochs.unchanged_since(made, &[0, 1]));
        let made = epochs.now();
        assert!(epochs.unchanged_since(made, &[1]));
        epochs.change(&Change::Everything);
        assert!(!epochs.unchanged_since(made, &[]));
        assert!(!epochs.unchanged_since(epochs.now(), &[COUNT as u16]));
    }
}
