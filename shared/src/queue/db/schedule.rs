use chrono::{DateTime, Utc};
use sqlx::PgConnection;

/// How far a line of the schedule has come.
#[derive(Clone, Debug)]
pub struct LastTick {
    pub name: String,
    pub last_tick: DateTime<Utc>,
    /// As said by [`describe_line`], if any scheduler has.
    pub rhythm: Option<String>,
    pub missed: Option<String>,
    pub next_tick: Option<DateTime<Utc>>,
    /// The database's time of this answer.
    pub now: DateTime<Utc>,
}

/// Makes lines known; a new one starts now, without a past.
pub async fn register_lines(conn: &mut PgConnection, names: &[String]) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into schedules (name, last_tick)
         select name, app_now() from unnest($1::text[]) as n(name) order by name
         on conflict (name) do nothing",
        names,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn last_ticks(
    conn: &mut PgConnection,
    names: &[String],
) -> Result<Vec<LastTick>, sqlx::Error> {
    sqlx::query_as!(
        LastTick,
        r#"select name, last_tick, rhythm, missed, next_tick, app_now() as "now!"
           from schedules where name = any($1)"#,
        names,
    )
    .fetch_all(conn)
    .await
}

/// Says what a line is and when it ticks next, for those who only look.
pub async fn describe_line(
    conn: &mut PgConnection,
    name: &str,
    rhythm: &str,
    missed: &str,
    next_tick: Option<DateTime<Utc>>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update schedules set rhythm = $2, missed = $3, next_tick = $4 where name = $1",
        name,
        rhythm,
        missed,
        next_tick,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Moves a line on to `to`, and its next tick to `next`, if it still stands at `from`. Whoever gets true owns
/// the ticks in between and enqueues them in the same transaction; another
/// scheduler waits for that and gets false.
pub async fn claim_ticks(
    conn: &mut PgConnection,
    name: &str,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    next: Option<DateTime<Utc>>,
) -> Result<bool, sqlx::Error> {
    let moved = sqlx::query!(
        "update schedules set last_tick = $3, next_tick = $4 where name = $1 and last_tick = $2",
        name,
        from,
        to,
        next,
    )
    .execute(conn)
    .await?;
    Ok(moved.rows_affected() == 1)
}
