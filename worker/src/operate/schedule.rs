use jobboard_shared::{queue::db::operate as db, startup::StartError};
use sqlx::PgPool;

use super::output::{dash, say_results, say_table, time, time_or_dash};

pub(super) async fn show(db: &PgPool, json: bool) -> Result<(), StartError> {
    let mut conn = db.acquire().await?;
    let lines = db::schedule(&mut conn).await?;
    if json {
        return say_results(&lines);
    }
    let rows: Vec<_> = lines
        .into_iter()
        .map(|line| {
            [
                line.name,
                line.rhythm.unwrap_or_else(dash),
                line.missed.unwrap_or_else(dash),
                time(line.last_tick),
                time_or_dash(line.next_tick),
            ]
        })
        .collect();
    say_table(
        ["LINE", "RHYTHM (UTC)", "MISSED", "LAST TICK", "NEXT TICK"],
        &rows,
    );
    Ok(())
}
