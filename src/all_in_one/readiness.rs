//! Waiting until what follows from new data is computed.

use std::time::{Duration, Instant};

use jobboard_shared::{queue, startup::StartError};
use sqlx::PgPool;

use crate::terminal::{Progress, say};

const POLL: Duration = Duration::from_millis(200);
/// A slow machine or a task that fails over and over must not keep the API away.
const LONGEST: Duration = Duration::from_secs(40);

/// Returns when no task is due or running, or after a while in any case.
pub(super) async fn wait(db: &PgPool) -> Result<(), StartError> {
    let progress = Progress::new();
    let started = Instant::now();
    loop {
        let mut conn = db.acquire().await?;
        let open = queue::db::open_tasks(&mut conn).await?;
        drop(conn);
        if open == 0 {
            progress.done();
            return Ok(());
        }
        if started.elapsed() > LONGEST {
            progress.done();
            say(format_args!(
                "{open} tasks are still open; search and recommendations fill up while the API serves"
            ));
            return Ok(());
        }
        progress.show(format_args!(
            "computing search and recommendations: {open} tasks to go"
        ));
        tokio::time::sleep(POLL).await;
    }
}
