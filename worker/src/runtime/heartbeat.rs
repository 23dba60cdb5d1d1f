//! Renewing leases, whatever the handlers do.

use std::{
    collections::{BTreeMap, HashMap},
    io,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use futures::FutureExt;
use jobboard_shared::queue::db::{self, WorkerBeat};
use sqlx::{Connection, PgConnection, postgres::PgConnectOptions};
use tokio::{runtime::Handle, sync::oneshot};
use tokio_util::sync::CancellationToken;

use super::{leases::Leases, meter::Troubles, supervise::supervise};

/// A worker gives a sign of life at least so often, however long its leases.
const SLOWEST_RHYTHM: Duration = Duration::from_secs(10);
/// What the last word of a worker that ends may take.
const FAREWELL: Duration = Duration::from_secs(2);

/// How long events may go unnoticed behind a handler that blocks its thread.
const ROUSED_EVERY: Duration = Duration::from_millis(100);

/// Who beats.
#[derive(Clone)]
pub(crate) struct Heartbeat {
    pub(crate) options: PgConnectOptions,
    pub(crate) leases: Arc<Leases>,
    pub(crate) troubles: Arc<Troubles>,
    pub(crate) lease: Duration,
    /// Names this process in leases.
    pub(crate) worker: Arc<str>,
    pub(crate) queues: BTreeMap<String, usize>,
    /// Cancelled when the worker takes nothing new.
    pub(crate) closing: CancellationToken,
}

/// Its own thread, so that handlers that compute for long do not starve it, and
/// its own connection, so that no pool makes it wait.
pub(crate) struct Heart {
    stop: CancellationToken,
    stopped: oneshot::Receiver<()>,
}

impl Heart {
    /// Runs `beside` on the same thread, for what must be in time too. To be called
    /// on the runtime that the handlers have.
    pub(crate) fn start(
        heartbeat: Heartbeat,
        beside: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<Self> {
        let stop = CancellationToken::new();
        let (alive, stopped) = oneshot::channel();
        let token = stop.clone();
        let handlers = Handle::current();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        thread::Builder::new()
            .name("lease-heartbeat".to_owned())
            .spawn(move || {
                let (leases, lease) = (Arc::clone(&heartbeat.leases), heartbeat.lease);
                let beating = supervise("heartbeat", &token, || {
                    let (heartbeat, token) = (heartbeat.clone(), token.clone());
                    async move { heartbeat.beat_until(token).await }
                });
                runtime.block_on(async {
                    tokio::select! {
                        () = beating => {}
                        () = keep_expiring(&leases, lease) => {}
                        () = keep_rousing(&handlers) => {}
                        () = beside.then(|()| std::future::pending()) => {}
                    }
                });
                drop(alive);
            })?;
        Ok(Self { stop, stopped })
    }

    /// Ends the beats and takes the worker off the list.
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

/// Of the threads of a runtime one waits for events, while the others sleep until
/// there is work for them. A handler that is woken by an event and then blocks that
/// thread leaves nobody waiting: signals, timers and answers of the database are not
/// noticed until somebody wakes another thread.
async fn keep_rousing(runtime: &Handle) {
    loop {
        tokio::time::sleep(ROUSED_EVERY).await;
        runtime.spawn(async {});
    }
}

impl Heartbeat {
    async fn beat_until(&self, stop: CancellationToken) {
        let rhythm = (self.lease / 3).min(SLOWEST_RHYTHM);
        let host = rustix::system::uname()
            .nodename()
            .to_string_lossy()
            .into_owned();
        let mut connection = None;
        // At once, so that a worker is known before it has its first lease.
        let mut pause = Duration::ZERO;
        let mut was_closing = false;
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(pause) => {}
                () = self.closing.cancelled(), if !was_closing => was_closing = true,
            }
            let beat = self.beat(&mut connection, &host);
            let beaten = tokio::time::timeout(rhythm, beat).await;
            if !matches!(beaten, Ok(Ok(()))) {
                Troubles::count(&self.troubles.heartbeats_failed, 1);
            }
            pause = match beaten {
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
        if let Some(mut connection) = connection {
            let farewell = db::remove_worker(&mut connection, &self.worker);
            match tokio::time::timeout(FAREWELL, farewell).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!(%error, "cannot take the worker off the list"),
                Err(_) => tracing::warn!("cannot take the worker off the list in time"),
            }
        }
    }

    async fn beat(
        &self,
        connection: &mut Option<PgConnection>,
        host: &str,
    ) -> Result<(), sqlx::Error> {
        let conn = match connection {
            Some(conn) => conn,
            None => connection.insert(PgConnection::connect_with(&self.options).await?),
        };
        let keys = self.leases.keys();
        if !keys.is_empty() {
            let began = Instant::now();
            let held: HashMap<_, _> = db::heartbeat(conn, &keys, self.lease)
                .await?
                .into_iter()
                .map(|held| (held.key, held.cancel_requested))
                .collect();
            for key in &keys {
                match held.get(key) {
                    None => self.leases.lost(*key),
                    Some(cancel_requested) => {
                        self.leases.renewed(*key, began);
                        if *cancel_requested {
                            self.leases.cancel(*key);
                        }
                    }
                }
            }
        }
        let beat = WorkerBeat {
            id: &self.worker,
            host,
            pid: i32::try_from(std::process::id()).unwrap_or_default(),
            version: env!("CARGO_PKG_VERSION"),
            queues: &self.queues,
            lease: self.lease,
            running: keys.len(),
            stopping: self.closing.is_cancelled(),
        };
        db::announce_worker(conn, &beat).await
    }
}
