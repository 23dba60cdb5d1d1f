//! What people look at, save and apply for lately.
//!
//! An event is first a row of `job_signals`, written by its own transaction.
//! A task folds the rows into one score per job, which halves every half-life.

pub mod areas;
pub mod db;
pub mod tasks;

use std::time::Duration;

use sqlx::PgConnection;
use uuid::Uuid;

use self::areas::Area;
use crate::Result;

/// What somebody did with a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, sqlx::Type)]
#[sqlx(type_name = "signal_kind", rename_all = "snake_case")]
pub enum SignalKind {
    View,
    Save,
    Application,
}

/// What each kind of event adds to a job's score, and how fast that fades.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weights {
    pub view: f64,
    pub save: f64,
    pub application: f64,
    pub half_life: Duration,
}

impl Weights {
    /// A save counts as three views, an application as eight.
    pub fn new(half_life: Duration) -> Self {
        Self {
            view: 1.0,
            save: 3.0,
            application: 8.0,
            half_life,
        }
    }
}

/// Notes that something happened to a job, in the transaction of that event, so
/// that it counts if and only if the event stays. A view also raises the job's
/// `view_count`, when the signal is counted and not before.
pub async fn record(conn: &mut PgConnection, job_id: Uuid, kind: SignalKind) -> Result<()> {
    db::insert_signal(conn, job_id, kind).await
}

/// Which live jobs a trending list may show.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrendingFilter {
    /// Any of these categories; `None` is every job.
    pub category_ids: Option<Vec<Uuid>>,
    pub is_remote: Option<bool>,
    pub region: Option<Area>,
    pub country: Option<Area>,
}

impl TrendingFilter {
    /// The areas of which one must hold, the rarest kind that is asked for; `None` is the
    /// whole board.
    fn areas(&self) -> Option<Vec<Area>> {
        match (&self.region, &self.country, &self.category_ids) {
            (Some(area), _, _) | (None, Some(area), _) => Some(vec![area.clone()]),
            (None, None, Some(ids)) => Some(ids.iter().copied().map(Area::category).collect()),
            (None, None, None) => None,
        }
    }
}

/// A live job's place among the trending ones.
#[derive(Clone, Debug, PartialEq)]
pub struct Trending {
    pub job_id: Uuid,
    /// As of the time of the query.
    pub score: f64,
}

/// What one batch of the fold did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Folded {
    pub signals: usize,
    pub jobs: usize,
}

/// What one batch of the decay did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Decayed {
    /// Where the next batch starts; `None` after the last one.
    pub last: Option<Uuid>,
    pub pruned: u64,
}
