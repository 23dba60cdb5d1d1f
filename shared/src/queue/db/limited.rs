use std::time::Duration;

use sqlx::{Connection, PgConnection};

use super::{
    lease::{Granted, Place, lease_as, lease_suspect_as},
    operate::running,
};
use crate::queue::{LeasedTask, rate::Bucket};

/// Times further back than this mean that the clock was set back.
const CLOCK_STEP: f64 = -5.0;

/// What the limits of a queue let a worker have.
#[derive(Debug)]
pub struct LimitedLease {
    pub suspect: Option<LeasedTask>,
    pub tasks: Vec<LeasedTask>,
    /// Whether the end of a running task may let another one start.
    pub bounds_running: bool,
    /// When the rate allows the next start, where it allows none now.
    pub wait: Option<Duration>,
}

/// Whether a queue has limits, so that [`super::lease`] gives nothing of it.
pub async fn is_limited(conn: &mut PgConnection, queue: &str) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (
            select from queue_controls
            where queue = $1 and (max_running is not null or rate_limit is not null)
        ) as "limited!""#,
        queue,
    )
    .fetch_one(conn)
    .await
}

/// Leases up to `wanted` tasks of a queue with limits, a due suspect among them
/// if one is wanted, and counts them against the limits; `None` where the queue
/// has none.
///
/// Whoever leases holds the lock on the queue's row, so the limits hold over all
/// workers. A lease that has run out counts until it is rescued: its task may
/// still be running.
pub async fn lease_limited(
    conn: &mut PgConnection,
    queue: &str,
    worker: &str,
    lease: Duration,
    wanted: usize,
    with_suspect: bool,
) -> Result<Option<LimitedLease>, sqlx::Error> {
    let mut tx = conn.begin().await?;
    let control = sqlx::query!(
        r#"
        select max_running, rate_limit, extract(epoch from rate_period)::float8 as rate_period,
            rate_tokens, extract(epoch from app_now() - rate_filled_at)::float8 as "elapsed!"
        from queue_controls
        where queue = $1 and (max_running is not null or rate_limit is not null)
        for update
        "#,
        queue,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(control) = control else {
        return Ok(None);
    };
    let mut allowed = wanted;
    if let Some(max_running) = control.max_running {
        let running = running(&mut tx, queue).await?;
        let free = usize::try_from(i64::from(max_running) - running).unwrap_or_default();
        allowed = allowed.min(free);
    }
    // A transaction that waited for the lock began before the one it waited for:
    // no time has gone by then.
    let elapsed = Duration::try_from_secs_f64(control.elapsed).unwrap_or_default();
    let bucket = control
        .rate_limit
        .zip(control.rate_period)
        .map(|(limit, period)| Bucket {
            limit: f64::from(limit),
            period: Duration::try_from_secs_f64(period).unwrap_or(Duration::MAX),
            tokens: control.rate_tokens,
        })
        .map(|bucket| bucket.refilled(elapsed));
    if let Some(bucket) = &bucket {
        allowed = allowed.min(bucket.whole());
    }
    let suspect = if with_suspect && allowed > 0 {
        lease_suspect_as(&mut tx, queue, worker, lease, Granted::ByLimits).await?
    } else {
        None
    };
    let rest = allowed - usize::from(suspect.is_some());
    let tasks = if rest > 0 {
        let by_limits = Granted::ByLimits;
        lease_as(&mut tx, Place::START, queue, worker, lease, rest, by_limits)
            .await?
            .0
    } else {
        Vec::new()
    };
    let taken = tasks.len() + usize::from(suspect.is_some());
    let bucket = bucket.map(|bucket| bucket.after_taking(taken));
    if let Some(bucket) = &bucket
        && (taken > 0 || control.elapsed < CLOCK_STEP)
    {
        let stepped = control.elapsed < CLOCK_STEP;
        store_tokens(&mut tx, queue, bucket.tokens, stepped).await?;
    }
    tx.commit().await?;
    Ok(Some(LimitedLease {
        suspect,
        tasks,
        bounds_running: control.max_running.is_some(),
        wait: bucket
            .map(|bucket| bucket.until_next())
            .filter(|wait| !wait.is_zero()),
    }))
}

async fn store_tokens(
    conn: &mut PgConnection,
    queue: &str,
    tokens: f64,
    clock_stepped: bool,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update queue_controls
         set rate_tokens = $2, rate_filled_at = case when $3 then app_now()
             else greatest(rate_filled_at, app_now()) end
         where queue = $1",
        queue,
        tokens,
        clock_stepped,
    )
    .execute(conn)
    .await?;
    Ok(())
}
