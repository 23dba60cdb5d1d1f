use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::{Error, FieldError};

/// How much of a queue runs, over all workers. `None`: as much as there are slots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// At least 1.
    pub max_running: Option<i32>,
    /// So many starts (at least 1) in so much time (1 ms to a day).
    pub rate: Option<(i32, Duration)>,
}

impl Limits {
    /// Refuses half a rate.
    pub fn new(
        max_running: Option<i32>,
        rate_limit: Option<i32>,
        rate_period: Option<Duration>,
    ) -> crate::Result<Self> {
        let missing = |field: &'static str, other: &str| {
            Error::Invalid(vec![FieldError::new(
                field,
                "required",
                format!("goes with {other}"),
            )])
        };
        let rate = match (rate_limit, rate_period) {
            (Some(starts), Some(period)) => Some((starts, period)),
            (None, None) => None,
            (Some(_), None) => return Err(missing("rate_period_seconds", "rate_limit")),
            (None, Some(_)) => return Err(missing("rate_limit", "rate_period_seconds")),
        };
        Ok(Self { max_running, rate })
    }
}

/// Whether anything knows this queue: a task, a worker, a limit, or what ran
/// within a day.
pub async fn is_known(conn: &mut PgConnection, queue: &str) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        select exists (select from queue_controls where queue = $1)
            or exists (select from tasks where queue = $1 and lease_until is null and lapses = 0)
            or exists (select from tasks where queue = $1 and lease_until is null and lapses > 0)
            or exists (select from tasks where queue = $1 and lease_until is not null)
            or exists (select from dead_tasks where queue = $1)
            or exists (select from workers where queues ? $1)
            or exists (select from task_minutes
                       where minute > (select app_now()) - interval '1 day' and queue = $1)
            as "known!"
        "#,
        queue,
    )
    .fetch_one(conn)
    .await
}

/// Nothing of the queue starts from now on; what runs goes on. Gives since when.
pub async fn pause(conn: &mut PgConnection, queue: &str) -> Result<DateTime<Utc>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        insert into queue_controls as c (queue, paused_at) values ($1, app_now())
        on conflict (queue) do update
        set paused_at = coalesce(c.paused_at, excluded.paused_at), updated_at = app_now()
        returning paused_at as "paused_at!"
        "#,
        queue,
    )
    .fetch_one(conn)
    .await
}

/// Takes a pause back and wakes the workers.
pub async fn resume(conn: &mut PgConnection, queue: &str) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update queue_controls set paused_at = null, updated_at = app_now() where queue = $1",
        queue,
    )
    .execute(&mut *conn)
    .await?;
    super::change::wake(conn, queue).await
}

/// Replaces the limits of a queue. What was saved up under another rate is kept
/// as far as the new one allows; at first nothing is, so that a limit holds from
/// the moment it is set.
pub async fn set_limits(
    conn: &mut PgConnection,
    queue: &str,
    limits: Limits,
) -> Result<(), sqlx::Error> {
    let (rate, period) = limits.rate.unzip();
    sqlx::query!(
        "
        insert into queue_controls as c (queue, max_running, rate_limit, rate_period)
        values ($1, $2, $3, make_interval(secs => $4))
        on conflict (queue) do update
        set max_running = excluded.max_running, rate_limit = excluded.rate_limit,
            rate_period = excluded.rate_period,
            rate_tokens = least(c.rate_tokens, coalesce(excluded.rate_limit, 0)),
            rate_filled_at = case when c.rate_limit is null then app_now()
                else c.rate_filled_at end,
            updated_at = app_now()
        ",
        queue,
        limits.max_running,
        rate,
        period.map(|period| period.as_secs_f64()),
    )
    .execute(&mut *conn)
    .await?;
    super::change::wake(conn, queue).await
}

/// Tasks of a queue that run now; bounded by the slots of the fleet.
pub async fn running(conn: &mut PgConnection, queue: &str) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "running!" from tasks
           where lease_until is not null and queue = $1"#,
        queue,
    )
    .fetch_one(conn)
    .await
}
