//! SQL of saved jobs.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

use super::Notes;
use crate::{
    Error, Result,
    pagination::{Paging, Slice, Start, TimeCursor},
};

pub struct SavedRow {
    pub id: Uuid,
    pub job_id: Uuid,
    pub is_open: bool,
    pub notes: Notes,
    pub saved_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// Until the end of the transaction nobody else saves for this account.
pub async fn lock_saver(conn: &mut PgConnection, user_id: Uuid) -> Result<()> {
    sqlx::query_scalar!(
        "select id from users where id = $1 for no key update",
        user_id
    )
    .fetch_optional(conn)
    .await?;
    Ok(())
}

pub async fn is_live(conn: &mut PgConnection, job_id: Uuid) -> Result<bool> {
    let live = sqlx::query_scalar!(
        r#"select is_live(j, (select app_now())) as "live!" from jobs j where id = $1"#,
        job_id
    )
    .fetch_optional(conn)
    .await?;
    Ok(live.unwrap_or(false))
}

pub async fn insert(
    conn: &mut PgConnection,
    user_id: Uuid,
    job_id: Uuid,
    notes: &Notes,
) -> Result<()> {
    sqlx::query!(
        "insert into saved_jobs (user_id, job_id, notes, tags) values ($1, $2, $3, $4)",
        user_id,
        job_id,
        notes.notes,
        Json(&notes.tags) as _,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn get(conn: &mut PgConnection, user_id: Uuid, job_id: Uuid) -> Result<SavedRow> {
    sqlx::query!(
        r#"select s.id, s.notes, s.tags as "tags: Json<Vec<String>>", s.created_at, s.updated_at,
                  is_live(j, (select app_now())) as "is_open!"
           from saved_jobs s join jobs j on j.id = s.job_id
           where s.user_id = $1 and s.job_id = $2"#,
        user_id,
        job_id
    )
    .fetch_optional(conn)
    .await?
    .map(|row| SavedRow {
        id: row.id,
        job_id,
        is_open: row.is_open,
        notes: Notes {
            notes: row.notes,
            tags: row.tags.0,
        },
        saved_at: row.created_at,
        updated_at: row.updated_at,
    })
    .ok_or(Error::NotFound("saved job"))
}

/// Newest first.
pub async fn list(
    conn: &mut PgConnection,
    user_id: Uuid,
    tag: Option<&str>,
    paging: &Paging,
) -> Result<Slice<SavedRow>> {
    let rows = sqlx::query!(
        r#"select s.id, s.job_id, s.notes, s.tags as "tags: Json<Vec<String>>", s.created_at, s.updated_at,
                  is_live(j, (select app_now())) as "is_open!"
           from saved_jobs s join jobs j on j.id = s.job_id
           where s.user_id = $1 and ($2::text is null or s.tags @> to_jsonb(array[$2]))
               and ($3::timestamptz is null or (s.created_at, s.id) < ($3, $4))
           order by s.created_at desc, s.id desc
           limit $5 offset $6"#,
        user_id,
        tag,
        paging.cursor().map(|cursor| cursor.at),
        paging.cursor().map(|cursor| cursor.id),
        paging.limit(),
        paging.offset(),
    )
    .fetch_all(&mut *conn)
    .await?
    .into_iter()
    .map(|row| SavedRow {
        id: row.id,
        job_id: row.job_id,
        is_open: row.is_open,
        notes: Notes {
            notes: row.notes,
            tags: row.tags.0,
        },
        saved_at: row.created_at,
        updated_at: row.updated_at,
    })
    .collect();
    let total = match paging.start {
        Start::Page(_) => Some(count(conn, user_id, tag).await?),
        Start::After(_) => None,
    };
    Ok(Slice::cut(rows, paging.size, total, |row: &SavedRow| {
        TimeCursor {
            at: row.saved_at,
            id: row.id,
        }
    }))
}

pub async fn count(conn: &mut PgConnection, user_id: Uuid, tag: Option<&str>) -> Result<i64> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from saved_jobs
           where user_id = $1 and ($2::text is null or tags @> to_jsonb(array[$2]))"#,
        user_id,
        tag
    )
    .fetch_one(conn)
    .await?;
    Ok(count)
}

/// What is noted now; nobody else changes it until the transaction ends.
pub async fn lock(conn: &mut PgConnection, user_id: Uuid, job_id: Uuid) -> Result<Notes> {
    sqlx::query!(
        r#"select notes, tags as "tags: Json<Vec<String>>" from saved_jobs
           where user_id = $1 and job_id = $2 for no key update"#,
        user_id,
        job_id
    )
    .fetch_optional(conn)
    .await?
    .map(|row| Notes {
        notes: row.notes,
        tags: row.tags.0,
    })
    .ok_or(Error::NotFound("saved job"))
}

pub async fn update(
    conn: &mut PgConnection,
    user_id: Uuid,
    job_id: Uuid,
    notes: &Notes,
) -> Result<()> {
    sqlx::query!(
        "update saved_jobs set notes = $3, tags = $4 where user_id = $1 and job_id = $2",
        user_id,
        job_id,
        notes.notes,
        Json(&notes.tags) as _,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn delete(conn: &mut PgConnection, user_id: Uuid, job_id: Uuid) -> Result<()> {
    let done = sqlx::query!(
        "delete from saved_jobs where user_id = $1 and job_id = $2",
        user_id,
        job_id
    )
    .execute(conn)
    .await?;
    if done.rows_affected() == 0 {
        return Err(Error::NotFound("saved job"));
    }
    Ok(())
}
