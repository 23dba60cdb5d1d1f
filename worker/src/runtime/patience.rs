//! The machinery's own connections, and giving up on those that do not answer.
//!
//! When the other end of a connection is gone without a word, nothing ever
//! arrives on it, and the kernel may not notice for hours. So nothing here waits
//! for longer than a limit, and what was given up is never used again. A pool as
//! others have it tests what is given back, without a limit: connections that go
//! silent at that moment would keep their places for ever.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use jobboard_shared::{
    database,
    metrics::{self, Exposition},
    queue::db,
};
use sqlx::{Connection, PgConnection, postgres::PgConnectOptions};
use tokio::sync::Semaphore;

/// Beside the handlers' pool, the heartbeat's connection and the listener's.
const CONNECTIONS: usize = 4;
const SHORTEST_LIMIT: Duration = Duration::from_secs(3);
const LONGEST_LIMIT: Duration = Duration::from_secs(15);
/// What is held by other transactions for longer is for later.
const LONGEST_LOCK_WAIT: &str = "set lock_timeout = '1s'";
/// Something on the way may have forgotten a connection that was idle for longer.
const LONGEST_IDLE: Duration = Duration::from_secs(60);

/// The database as the machinery uses it: handlers that hold every connection of
/// theirs must not keep it from settling them.
#[derive(Clone)]
pub(crate) struct Database {
    options: Arc<PgConnectOptions>,
    limit: Duration,
    places: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<(PgConnection, Instant)>>>,
}

impl Database {
    /// Connects when first needed. One step may take half a lease, for what is
    /// answered later comes too late anyway, within bounds.
    pub(crate) fn new(options: PgConnectOptions, lease: Duration) -> Self {
        Self {
            options: Arc::new(options),
            limit: (lease / 2).clamp(SHORTEST_LIMIT, LONGEST_LIMIT),
            places: Arc::new(Semaphore::new(CONNECTIONS)),
            idle: Arc::default(),
        }
    }

    /// Takes one step on a connection and gives its result, or an error once the
    /// limit has passed. After an error no connection that is open now is used
    /// again.
    pub(crate) async fn ask<T>(
        &self,
        step: impl AsyncFnOnce(&mut PgConnection) -> Result<T, sqlx::Error>,
    ) -> Result<T, sqlx::Error> {
        let asked = async {
            let _place = self.places.acquire().await;
            let mut connection = match self.take_idle() {
                Some(connection) => connection,
                None => self.connect().await?,
            };
            let answer = step(&mut connection).await?;
            self.idle().push((connection, Instant::now()));
            Ok(answer)
        };
        let answer = tokio::time::timeout(self.limit, asked)
            .await
            .unwrap_or_else(|_| Err(sqlx::Error::Io(io::ErrorKind::TimedOut.into())));
        if answer.is_err() {
            self.idle().clear();
        }
        answer
    }

    async fn connect(&self) -> Result<PgConnection, sqlx::Error> {
        let mut connection = PgConnection::connect_with(&self.options).await?;
        database::limit_session(&mut connection, self.limit, self.limit).await?;
        db::prefer_indexes(&mut connection).await?;
        sqlx::raw_sql(LONGEST_LOCK_WAIT)
            .execute(&mut connection)
            .await?;
        Ok(connection)
    }

    /// The one used last: the others may rest.
    fn take_idle(&self) -> Option<PgConnection> {
        let mut idle = self.idle();
        idle.retain(|(_, since)| since.elapsed() < LONGEST_IDLE);
        idle.pop().map(|(connection, _)| connection)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<(PgConnection, Instant)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn expose(&self, out: &mut Exposition) {
        let in_use = CONNECTIONS - self.places.available_permits().min(CONNECTIONS);
        metrics::connections(
            out,
            "machinery",
            self.idle().len(),
            in_use,
            CONNECTIONS as u32,
        );
    }

    /// Says goodbye to the server on what is idle, within the limit.
    pub(crate) async fn close(&self) {
        let idle = std::mem::take(&mut *self.idle());
        let closed = async {
            for (connection, _) in idle {
                // It is gone either way.
                let _ = connection.close().await;
            }
        };
        if tokio::time::timeout(self.limit, closed).await.is_err() {
            tracing::warn!("the machinery's connections do not close; leaving them behind");
        }
    }
}
