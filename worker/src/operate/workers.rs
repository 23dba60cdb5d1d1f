use jobboard_shared::{
    queue::{db::operate as db, operate::words},
    startup::StartError,
};
use sqlx::PgPool;

use super::output::{say_results, say_table};

pub(super) async fn show(db: &PgPool, json: bool) -> Result<(), StartError> {
    let mut conn = db.acquire().await?;
    let workers = db::workers(&mut conn).await?;
    if json {
        return say_results(&workers);
    }
    let rows: Vec<_> = workers
        .iter()
        .map(|worker| {
            let state = match (worker.alive, worker.stopping) {
                (false, _) => "silent",
                (true, true) => "stopping",
                (true, false) => "alive",
            };
            let slots: Vec<_> = worker
                .slots()
                .into_iter()
                .map(|(queue, slots)| format!("{queue}={slots}"))
                .collect();
            [
                worker.id.clone(),
                state.to_owned(),
                worker.host.clone(),
                worker.pid.to_string(),
                worker.version.clone(),
                words::duration(worker.seen_seconds_ago),
                words::duration(worker.lease_seconds),
                worker.running.to_string(),
                words::duration(worker.oldest_run_seconds),
                slots.join(","),
            ]
        })
        .collect();
    say_table(
        [
            "WORKER", "STATE", "HOST", "PID", "VERSION", "SEEN AGO", "LEASE", "RUNS", "OLDEST",
            "SLOTS",
        ],
        &rows,
    );
    Ok(())
}
