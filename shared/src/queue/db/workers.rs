use std::{collections::BTreeMap, time::Duration};

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::{PgConnection, types::Json};

/// What a worker process says of itself with every beat.
#[derive(Clone, Debug)]
pub struct WorkerBeat<'a> {
    /// As in the leases it takes.
    pub id: &'a str,
    pub host: &'a str,
    pub pid: i32,
    pub version: &'a str,
    /// Queue -> tasks that it runs at once.
    pub queues: &'a BTreeMap<String, usize>,
    pub lease: Duration,
    /// Leases it holds now.
    pub running: usize,
    /// It takes nothing new.
    pub stopping: bool,
}

/// Makes a worker known, or says that it still lives.
pub async fn announce_worker(
    conn: &mut PgConnection,
    beat: &WorkerBeat<'_>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into workers (id, host, pid, version, queues, lease, running, stopping,
                              started_at, seen_at)
         values ($1, $2, $3, $4, $5, make_interval(secs => $6), $7, $8, app_now(), app_now())
         on conflict (id) do update set
             running = excluded.running, stopping = excluded.stopping, seen_at = excluded.seen_at",
        beat.id,
        beat.host,
        beat.pid,
        beat.version,
        Json(beat.queues) as _,
        beat.lease.as_secs_f64(),
        i32::try_from(beat.running).unwrap_or(i32::MAX),
        beat.stopping,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets a worker that has ended; what it still holds is not touched.
pub async fn remove_worker(conn: &mut PgConnection, id: &str) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from workers where id = $1", id)
        .execute(conn)
        .await?;
    Ok(())
}

/// Forgets workers that have not been seen for so long; they ended without a
/// word.
pub async fn forget_workers(conn: &mut PgConnection, unseen: Duration) -> Result<u64, sqlx::Error> {
    let forgotten = sqlx::query!(
        "delete from workers
         where seen_at < (select app_now()) - greatest(make_interval(secs => $1), 10 * lease)",
        unseen.as_secs_f64(),
    )
    .execute(conn)
    .await?;
    Ok(forgotten.rows_affected())
}

/// A worker process that has lately given a sign of life.
#[derive(Clone, Debug)]
pub struct WorkerProcess {
    pub id: String,
    pub host: String,
    pub pid: i32,
    /// Of the program.
    pub version: String,
    /// `{"queue": slots}`
    pub queues: Value,
    /// Its tasks run elsewhere when it has not been seen for so long.
    pub lease: Duration,
    pub running: i32,
    pub started_at: DateTime<Utc>,
    pub seen_at: DateTime<Utc>,
    /// It finishes what it runs and takes nothing new.
    pub stopping: bool,
    /// Seen within its lease.
    pub alive: bool,
}

/// Worker processes, the last seen first.
pub async fn workers(
    conn: &mut PgConnection,
    limit: u16,
) -> Result<Vec<WorkerProcess>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"
        select id, host, pid, version, queues, extract(epoch from lease)::float8 as "lease!",
            running, started_at, seen_at, stopping,
            seen_at > (select app_now()) - lease as "alive!"
        from workers
        order by seen_at desc, id
        limit $1
        "#,
        i64::from(limit),
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| WorkerProcess {
            id: row.id,
            host: row.host,
            pid: row.pid,
            version: row.version,
            queues: row.queues,
            lease: Duration::try_from_secs_f64(row.lease).unwrap_or_default(),
            running: row.running,
            started_at: row.started_at,
            seen_at: row.seen_at,
            stopping: row.stopping,
            alive: row.alive,
        })
        .collect())
}
