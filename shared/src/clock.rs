//! The database's time for Rust code.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::{PgExecutor, PgPool};

/// Tells `app_now()` without a query: this machine's clock plus the difference
/// measured at the last [`Clock::synchronize`].
#[derive(Clone, Debug, Default)]
pub struct Clock {
    offset_micros: Arc<AtomicI64>,
}

impl Clock {
    /// A clock in step with the database.
    pub async fn synchronized(db: &PgPool) -> Result<Self, sqlx::Error> {
        let clock = Self::default();
        clock.synchronize(db).await?;
        Ok(clock)
    }

    /// Measures the difference anew; its error is at most one round trip.
    pub async fn synchronize(&self, db: impl PgExecutor<'_>) -> Result<(), sqlx::Error> {
        let theirs: DateTime<Utc> = sqlx::query_scalar("select app_now()").fetch_one(db).await?;
        let offset = theirs - Utc::now();
        self.offset_micros
            .store(offset.num_microseconds().unwrap_or(0), Ordering::Relaxed);
        Ok(())
    }

    pub fn now(&self) -> DateTime<Utc> {
        Utc::now() + TimeDelta::microseconds(self.offset_micros.load(Ordering::Relaxed))
    }
}
