//! The API as a program of its own.

use std::{io, net::SocketAddr, sync::Arc};

use jobboard_shared::{
    Clock,
    config::Settings,
    database,
    mail::Templates,
    metrics::{self, Metrics, QueueGauges},
    startup::{self, StartError},
};
use sqlx::PgPool;
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;

use crate::{App, serve};

/// Serves until a signal stops it. Brings the schema up to date first.
pub async fn run_alone(settings: Settings) -> Result<(), StartError> {
    let stop = startup::stop_on_signals(|| {})?;
    let config = Arc::new(startup::config_of_part(settings)?);
    let mails = Templates::configured(&config.mail)
        .map(Arc::new)
        .map_err(|error| StartError::Other(error.to_string()))?;
    let listener = listen(config.http.addr).await?;
    let db = database::connect(&config.database.url, config.database.max_connections).await?;
    database::migrate(&db).await?;
    let clock = Clock::synchronized(&db).await?;
    let metrics = Metrics::default();
    let serving = metrics::serve(config.metrics_addr, &metrics).await?;
    let looking = config
        .metrics_addr
        .map(|_| AbortOnDropHandle::new(tokio::spawn(keep_looking(metrics.clone(), db.clone()))));
    let app = App::new(db.clone(), clock, config, mails, &metrics);
    let served = serve(listener, app, stop).await;
    drop((serving, looking));
    db.close().await;
    served.map_err(|error| StartError::Other(format!("the API cannot go on: {error}")))
}

/// Tells of the queues as every worker does: where no worker is left, somebody has
/// to say so. Never ends.
async fn keep_looking(metrics: Metrics, db: PgPool) {
    let gauges = QueueGauges::told_by(&metrics);
    let look = |gauges: QueueGauges| {
        let db = db.clone();
        async move { gauges.look(&mut *db.acquire().await?).await }
    };
    gauges.keep_looking(look).await;
}

pub async fn listen(addr: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(addr)
        .await
        .map_err(|source| match source.kind() {
            io::ErrorKind::AddrInUse => StartError::AddressInUse { addr },
            _ => StartError::Listen { addr, source },
        })
}
