//! The workers as a program of their own.

use std::{sync::Arc, time::Duration};

use jobboard_shared::{
    Clock,
    config::Settings,
    database,
    mail::Mailer,
    metrics::{self, Metrics},
    redis_connection::RedisConnection,
    startup::{self, StartError},
};

use crate::{
    Context, RunError, mail, registry, run_with,
    runtime::{Registry, Schedule},
    schedule,
};

const CLOSE_LIMIT: Duration = Duration::from_secs(5);

/// Runs tasks until a signal stops it, then lets running ones finish within the
/// grace time. Brings the schema up to date first.
pub async fn run_alone(settings: Settings) -> Result<(), StartError> {
    run_alone_with(settings, registry::registry(), schedule::schedule()).await
}

/// [`run_alone`] with handlers and a schedule of one's own.
pub async fn run_alone_with(
    settings: Settings,
    registry: Registry,
    schedule: Schedule,
) -> Result<(), StartError> {
    let stop = startup::stop_on_signals(|| {})?;
    let config = Arc::new(startup::config_of_part(settings)?);
    let metrics = Metrics::default();
    let serving = metrics::serve(config.metrics_addr, &metrics).await?;
    let mailer = Mailer::new(&config.mail).map_err(|error| StartError::Other(error.to_string()))?;
    let db = database::connect(&config.database.url, config.database.max_connections).await?;
    database::migrate(&db).await?;
    let clock = Clock::synchronized(&db).await?;
    let context = Context {
        db: db.clone(),
        clock,
        mailer,
        redis: RedisConnection::configured(&config).map(Arc::new),
        config,
        metrics,
    };
    let counting = mail::start_counting(&context);
    let ran = run_with(context, registry, schedule, stop).await;
    drop((counting, serving));
    // Handlers that ignore their cancellation keep their connections; stuck ones
    // may keep the runtime's clock too.
    if !matches!(ran, Err(RunError::Stuck))
        && tokio::time::timeout(CLOSE_LIMIT, db.close()).await.is_err()
    {
        tracing::error!("some connections are still in use; leaving them behind");
    }
    ran.map_err(|error| StartError::Other(format!("the workers cannot go on: {error}")))
}
