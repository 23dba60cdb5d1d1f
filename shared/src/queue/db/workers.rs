use std::{collections::BTreeMap, time::Duration};

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

/// Worker processes that have given a sign of life within two leases' time and
/// take new tasks.
pub async fn alive_workers(conn: &mut PgConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "alive!" from workers w
           where is_alive(w) and not stopping"#
    )
    .fetch_one(conn)
    .await
}
