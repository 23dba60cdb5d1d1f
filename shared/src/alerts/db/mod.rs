//! SQL of job alerts.

pub(super) mod deliveries;
pub(super) mod matches;
pub(super) mod searches;

use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

pub(super) use self::{
    deliveries::schedule,
    searches::{put_search, remove_search},
};
pub use self::{
    deliveries::{due_accounts, forget_old},
    searches::outdated,
};
use super::{Alert, AlertContent, Frequency};
use crate::{
    Error, Result,
    pagination::{Paging, Slice, Start, TimeCursor},
    search::Search,
};

/// Until the end of the transaction nobody else adds alerts to this account.
pub(super) async fn lock_owner(conn: &mut PgConnection, user_id: Uuid) -> Result<()> {
    sqlx::query_scalar!(
        "select id from users where id = $1 for no key update",
        user_id
    )
    .fetch_optional(conn)
    .await?;
    Ok(())
}

pub(super) async fn is_time_zone(conn: &mut PgConnection, name: &str) -> Result<bool> {
    // PostgreSQL stores no NUL, and no zone has one.
    if name.contains('\0') || name.len() > 100 {
        return Ok(false);
    }
    let known = sqlx::query_scalar!(r#"select is_time_zone($1) as "known!""#, name)
        .fetch_one(conn)
        .await?;
    Ok(known)
}

pub(super) async fn insert(
    conn: &mut PgConnection,
    user_id: Uuid,
    content: &AlertContent,
) -> Result<Uuid> {
    let id = sqlx::query_scalar!(
        "insert into job_alerts
             (user_id, name, search, frequency, time_zone, local_hour, weekday, is_paused)
         values ($1, $2, $3, $4, $5, $6, $7, $8) returning id",
        user_id,
        content.name,
        Json(&content.search) as _,
        content.frequency as Frequency,
        content.time_zone,
        content.local_hour,
        content.weekday,
        content.is_paused,
    )
    .fetch_one(conn)
    .await?;
    Ok(id)
}

/// Jobs that came before another search or a pause are told by neither.
pub(super) async fn update(
    conn: &mut PgConnection,
    id: Uuid,
    content: &AlertContent,
) -> Result<()> {
    sqlx::query!(
        "update job_alerts
         set watches_since = case when search = $3 and not is_paused then watches_since
                                  else app_now() end,
             name = $2, search = $3, frequency = $4, time_zone = $5, local_hour = $6,
             weekday = $7, is_paused = $8,
             next_delivery_at = case when $8 then null else next_delivery_at end
         where id = $1",
        id,
        content.name,
        Json(&content.search) as _,
        content.frequency as Frequency,
        content.time_zone,
        content.local_hour,
        content.weekday,
        content.is_paused,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// # Errors
///
/// `NotFound`.
pub(super) async fn lock(conn: &mut PgConnection, user_id: Uuid, id: Uuid) -> Result<()> {
    sqlx::query_scalar!(
        "select id from job_alerts where id = $1 and user_id = $2 for update",
        id,
        user_id
    )
    .fetch_optional(conn)
    .await?
    .map(drop)
    .ok_or(Error::NotFound("alert"))
}

/// Gives whether it was not paused before.
pub(super) async fn pause(conn: &mut PgConnection, id: Uuid) -> Result<bool> {
    let done = sqlx::query!(
        "update job_alerts set is_paused = true, next_delivery_at = null
         where id = $1 and not is_paused",
        id,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() > 0)
}

pub(super) async fn delete(conn: &mut PgConnection, user_id: Uuid, id: Uuid) -> Result<()> {
    let done = sqlx::query!(
        "delete from job_alerts where id = $1 and user_id = $2",
        id,
        user_id
    )
    .execute(conn)
    .await?;
    if done.rows_affected() == 0 {
        return Err(Error::NotFound("alert"));
    }
    Ok(())
}

pub(super) async fn count(conn: &mut PgConnection, user_id: Uuid) -> Result<i64> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from job_alerts where user_id = $1"#,
        user_id
    )
    .fetch_one(conn)
    .await?;
    Ok(count)
}

/// As the table has it.
struct Row {
    id: Uuid,
    name: String,
    search: Json<Search>,
    frequency: Frequency,
    time_zone: String,
    local_hour: i16,
    weekday: i16,
    is_paused: bool,
    next_delivery_at: Option<chrono::DateTime<chrono::Utc>>,
    created_at: chrono::DateTime<chrono::Utc>,
    updated_at: chrono::DateTime<chrono::Utc>,
}

impl From<Row> for Alert {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            content: AlertContent {
                name: row.name,
                search: row.search.0,
                frequency: row.frequency,
                time_zone: row.time_zone,
                local_hour: row.local_hour,
                weekday: row.weekday,
                is_paused: row.is_paused,
            },
            next_delivery_at: row.next_delivery_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

pub(super) async fn get(conn: &mut PgConnection, user_id: Uuid, id: Uuid) -> Result<Alert> {
    let row = sqlx::query_as!(
        Row,
        r#"select id, name, search as "search: Json<Search>", frequency as "frequency: Frequency",
                  time_zone, local_hour, weekday, is_paused, next_delivery_at, created_at, updated_at
           from job_alerts where id = $1 and user_id = $2"#,
        id,
        user_id
    )
    .fetch_optional(conn)
    .await?;
    row.map(Alert::from).ok_or(Error::NotFound("alert"))
}

pub(super) async fn list(
    conn: &mut PgConnection,
    user_id: Uuid,
    paging: &Paging,
) -> Result<Slice<Alert>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select id, name, search as "search: Json<Search>", frequency as "frequency: Frequency",
                  time_zone, local_hour, weekday, is_paused, next_delivery_at, created_at, updated_at
           from job_alerts
           where user_id = $1
             and ($2::timestamptz is null or (created_at, id) < ($2, $3))
           order by created_at desc, id desc
           limit $4 offset $5"#,
        user_id,
        paging.cursor().map(|cursor| cursor.at),
        paging.cursor().map(|cursor| cursor.id),
        paging.limit(),
        paging.offset(),
    )
    .fetch_all(&mut *conn)
    .await?;
    let total = match paging.start {
        Start::Page(_) => Some(count(conn, user_id).await?),
        Start::After(_) => None,
    };
    let alerts = rows.into_iter().map(Alert::from).collect();
    Ok(Slice::cut(alerts, paging.size, total, |alert: &Alert| {
        TimeCursor {
            at: alert.created_at,
            id: alert.id,
        }
    }))
}
