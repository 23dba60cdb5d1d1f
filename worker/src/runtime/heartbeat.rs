//! Renewing leases, whatever the handlers do.

use std::{
    collections::HashSet,
    io,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use jobboard_shared::queue::db;
use sqlx::{Connection, PgConnection, postgres::PgConnectOptions};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::{leases::Leases, supervise::supervise};

/// Its own thread, so that handlers that compute for long do not starve it, and
/// its own connection, so that no pool makes it wait.
pub(crate) struct Heart {
    stop: CancellationToken,
    stopped: oneshot::Receiver<()>,
}

impl Heart {
    pub(crate) fn start(
        options: PgConnectOptions,
        leases: Arc<Leases>,
        lease: Duration,
    ) -> io::Result<Self> {
        let stop = CancellationToken::new();
        let (alive, stopped) = oneshot::channel();
        let token = stop.clone();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        thread::Builder::new()
            .name("lease-heartbeat".to_owned())
            .spawn(move || {
                let beating = supervise("heartbeat", &token, || {
                    beat_until(token.clone(), options.clone(), Arc::clone(&leases), lease)
                });
                runtime.block_on(async {
                    tokio::select! {
                        () = beating => {}
                        () = keep_expiring(&leases, lease) => {}
                    }
                });
                drop(alive);
            })?;
        Ok(Self { stop, stopped })
    }

    pub(crate) async fn stop(self) {
        self.stop.cancel();
        // The sender is dropped, never used: an error is the news of the end.
        let _ = self.stopped.await;
    }
}

/// Beside the beats, so that one that hangs delays nothing.
async fn keep_expiring(leases: &Leases, lease: Duration) {
    loop {
        tokio::time::sleep(lease / 20).await;
        let expired = leases.expire(lease);
        if expired > 0 {
            tracing::error!(expired, "leases ran out because they could not be renewed");
        }
    }
}

async fn beat_until(
    stop: CancellationToken,
    options: PgConnectOptions,
    leases: Arc<Leases>,
    lease: Duration,
) {
    let rhythm = lease / 3;
    let mut connection = None;
    let mut pause = rhythm;
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep(pause) => {}
        }
        let beat = beat(&mut connection, &options, &leases, lease);
        pause = match tokio::time::timeout(rhythm, beat).await {
            Ok(Ok(())) => rhythm,
            Ok(Err(error)) => {
                tracing::error!(%error, "cannot renew leases");
                connection = None;
                rhythm / 4
            }
            Err(_) => {
                tracing::error!("cannot renew leases: the database does not answer");
                connection = None;
                rhythm / 4
            }
        };
    }
}

async fn beat(
    connection: &mut Option<PgConnection>,
    options: &PgConnectOptions,
    leases: &Leases,
    lease: Duration,
) -> Result<(), sqlx::Error> {
    let keys = leases.keys();
    if keys.is_empty() {
        return Ok(());
    }
    let conn = match connection {
        Some(conn) => conn,
        None => connection.insert(PgConnection::connect_with(options).await?),
    };
    let began = Instant::now();
    let held: HashSet<_> = db::heartbeat(conn, &keys, lease)
        .await?
        .into_iter()
        .collect();
    for key in keys {
        if held.contains(&key) {
            leases.renewed(key, began);
        } else {
            leases.lost(key);
        }
    }
    Ok(())
}
