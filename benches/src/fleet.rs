//! What worker processes of the measurements work with.

use std::sync::Arc;

use jobboard_shared::{Clock, config::Config, database, mail::Mailer, metrics::Metrics};
use jobboard_worker::Context;

use crate::Result;

/// Serves one queue, with so many connections for handlers.
pub(crate) async fn context(
    url: &str,
    queue: &str,
    slots: usize,
    connections: u32,
    change: impl FnOnce(&mut Config),
) -> Result<Context> {
    let mut config = Config::for_tests(url);
    config.worker.queues = [(queue.to_owned(), slots)].into();
    config.mail.outbox_dir = Some(std::env::temp_dir());
    change(&mut config);
    let db = database::connect(&config.database.url, connections).await?;
    Ok(Context {
        clock: Clock::synchronized(&db).await?,
        mailer: Mailer::new(&config.mail)?,
        db,
        config: Arc::new(config),
        metrics: Metrics::default(),
        redis: None,
    })
}
