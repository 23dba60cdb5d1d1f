//! How much an event says about what somebody wants.

use std::time::Duration;

use crate::recommendations::profile::{Event, EventKind};

/// What somebody did with an item, the weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Signal {
    /// Left again within seconds.
    ShortView,
    View,
    Save,
    Application,
}

/// The weight of each kind of event when it is new, and how fast it fades.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SignalWeights {
    pub short_view: f64,
    pub view: f64,
    pub save: f64,
    pub application: f64,
    /// Never where it is zero.
    pub half_life: Duration,
}

impl Default for SignalWeights {
    fn default() -> Self {
        Self {
            short_view: 0.25,
            view: 1.0,
            save: 2.0,
            application: 3.0,
            half_life: Duration::from_secs(90 * 24 * 3600),
        }
    }
}

impl From<EventKind> for Signal {
    fn from(kind: EventKind) -> Self {
        match kind {
            EventKind::Glance => Self::ShortView,
            EventKind::View => Self::View,
            EventKind::Save => Self::Save,
            EventKind::Application => Self::Application,
        }
    }
}

impl SignalWeights {
    pub fn of_event(&self, event: &Event) -> f32 {
        let age = Duration::try_from_secs_f64(event.age_days * 86_400.0);
        self.weight(event.kind.into(), age.unwrap_or_default())
    }

    /// What an event of this age counts. One from the future counts as new.
    pub fn weight(&self, signal: Signal, age: Duration) -> f32 {
        let fresh = match signal {
            Signal::ShortView => self.short_view,
            Signal::View => self.view,
            Signal::Save => self.save,
            Signal::Application => self.application,
        };
        if self.half_life.is_zero() {
            return fresh as f32;
        }
        // Bounded, so that what is ancient still counts for more than nothing.
        let halvings = (age.as_secs_f64() / self.half_life.as_secs_f64()).min(60.0);
        (fresh * 0.5_f64.powf(halvings)) as f32
    }
}
