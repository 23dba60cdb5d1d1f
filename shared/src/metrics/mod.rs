//! What a process tells a Prometheus, on a port of its own.
//!
//! Whoever counts something keeps the numbers itself, where counting costs next
//! to nothing, and is asked for them when somebody looks.

mod exposition;
mod pools;
mod queues;
mod sampled;
mod server;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use exposition::Exposition;
pub use pools::{connections, pool};
pub use queues::QueueGauges;
pub use sampled::Sampled;
pub use server::serve;

type Source = Box<dyn Fn(&mut Exposition) + Send + Sync>;

/// Everything that this process has to tell. Cheap to clone.
#[derive(Clone, Default)]
pub struct Metrics(Arc<Mutex<Vec<Source>>>);

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Metrics({} sources)", self.sources().len())
    }
}

impl Metrics {
    /// Has `source` asked from now on. It must not wait for anything.
    pub fn add(&self, source: impl Fn(&mut Exposition) + Send + Sync + 'static) {
        self.sources().push(Box::new(source));
    }

    /// In the text format of Prometheus.
    pub fn render(&self) -> String {
        let mut exposition = Exposition::default();
        exposition.gauge(
            "jobboard_build_info",
            "1, with the version of the program.",
            &[("version", env!("CARGO_PKG_VERSION"))],
            1.0,
        );
        for source in self.sources().iter() {
            source(&mut exposition);
        }
        exposition.into_text()
    }

    fn sources(&self) -> MutexGuard<'_, Vec<Source>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
