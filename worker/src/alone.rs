//! The workers as a program of their own.

use std::sync::Arc;

use jobboard_shared::{
    Clock,
    config::Settings,
    database,
    mail::Mailer,
    startup::{self, StartError},
};

use crate::{Context, run};

/// Runs tasks until a signal stops it, then lets running ones finish within the
/// grace time. Brings the schema up to date first.
pub async fn run_alone(settings: Settings) -> Result<(), StartError> {
    let stop = startup::stop_on_signals(|| {})?;
    let config = Arc::new(startup::config_of_part(settings)?);
    let mailer = Mailer::new(&config.mail).map_err(|error| StartError::Other(error.to_string()))?;
    let db = database::connect(&config.database.url, config.database.max_connections).await?;
    database::migrate(&db).await?;
    let clock = Clock::synchronized(&db).await?;
    let context = Context {
        db: db.clone(),
        clock,
        mailer,
        config,
    };
    let ran = run(context, stop).await;
    db.close().await;
    ran.map_err(|error| StartError::Other(format!("the workers cannot go on: {error}")))
}
