//! How a cache fares, for its health page and for metrics.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::{Cache, Kind};
use crate::metrics::Exposition;

#[derive(Default)]
pub(super) struct Counts {
    pub(super) hits: AtomicU64,
    pub(super) misses: AtomicU64,
    pub(super) bypasses: AtomicU64,
    pub(super) shared_hits: AtomicU64,
}

/// How a cache fares.
#[derive(Clone, Copy, Debug)]
pub struct Report {
    /// Whether changes are heard: without, nothing is answered from memory.
    pub listening: bool,
    pub entries: usize,
    pub bytes: u64,
    /// Of the requests since the start; none without requests.
    pub hit_ratio: Option<f64>,
}

impl Cache {
    pub fn report(&self) -> Report {
        let sum = |count: fn(&Counts) -> &AtomicU64| -> u64 {
            let counts = self.counts.iter();
            counts.map(|counts| count(counts).load(Relaxed)).sum()
        };
        let hits = sum(|counts| &counts.hits);
        let all = hits + sum(|counts| &counts.misses) + sum(|counts| &counts.bypasses);
        Report {
            listening: self.hearing.is_connected(),
            entries: self.entries.len(),
            bytes: self.entries.weight(),
            hit_ratio: (all > 0).then(|| hits as f64 / all as f64),
        }
    }

    pub fn expose(&self, out: &mut Exposition) {
        for kind in Kind::ALL {
            let counts = &self.counts[kind as usize];
            for (result, count) in [
                ("hit", &counts.hits),
                ("miss", &counts.misses),
                ("bypass", &counts.bypasses),
            ] {
                out.counter(
                    "jobboard_cache_requests_total",
                    "Requests whose answers are kept, by what became of them.",
                    &[("kind", kind.name()), ("result", result)],
                    count.load(Relaxed),
                );
            }
            out.counter(
                "jobboard_cache_shared_hits_total",
                "Hits that another replica had put into Redis.",
                &[("kind", kind.name())],
                counts.shared_hits.load(Relaxed),
            );
        }
        out.counter(
            "jobboard_cache_evictions_total",
            "Answers that made room for others.",
            &[],
            self.evictions.0.load(Relaxed),
        );
        out.gauge(
            "jobboard_cache_entries",
            "Answers in memory.",
            &[],
            self.entries.len() as f64,
        );
        out.gauge(
            "jobboard_cache_bytes",
            "What the answers in memory take.",
            &[],
            self.entries.weight() as f64,
        );
        out.gauge(
            "jobboard_cache_listening",
            "1 while changes are heard; 0 while no answer is taken from memory.",
            &[],
            f64::from(u8::from(self.hearing.is_connected())),
        );
        out.counter(
            "jobboard_cache_listening_losses_total",
            "How often the connection that listens was lost.",
            &[],
            self.hearing.losses(),
        );
    }
}
