//! The jobs that people do not want to be shown again.

use sqlx::PgConnection;
use uuid::Uuid;

use super::super::feedback::{HiddenJob, HidingReason};
use crate::{
    Error, Result,
    pagination::{Paging, Slice, Start, TimeCursor},
};

/// Hides jobs from a user: some without a word, some because they do not fit.
pub async fn hide(
    conn: &mut PgConnection,
    user_id: Uuid,
    hidden: &[Uuid],
    unfit: &[Uuid],
) -> Result<()> {
    sqlx::query!(
        "insert into hidden_jobs as old (user_id, job_id, reason)
         select $1, j.id, case when j.id = any($3) then 'not_interested' else 'hidden' end::hiding_reason
         from jobs j where j.id = any($2) or j.id = any($3)
         order by j.id
         on conflict (user_id, job_id) do update
         set reason = excluded.reason, created_at = excluded.created_at
         where old.reason <> excluded.reason",
        user_id,
        hidden,
        unfit,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Lets a hidden job be shown again.
pub async fn unhide(conn: &mut PgConnection, user_id: Uuid, job_id: Uuid) -> Result<()> {
    let deleted = sqlx::query!(
        "delete from hidden_jobs where user_id = $1 and job_id = $2",
        user_id,
        job_id
    )
    .execute(conn)
    .await?;
    if deleted.rows_affected() == 0 {
        return Err(Error::NotFound("hidden job"));
    }
    Ok(())
}

/// What a user hid, the latest first, whatever became of the jobs since.
pub async fn hidden(
    conn: &mut PgConnection,
    user_id: Uuid,
    paging: &Paging,
) -> Result<Slice<HiddenJob>> {
    let rows = sqlx::query_as!(
        HiddenJob,
        r#"select h.job_id, j.title, c.name as company_name, h.reason as "reason: HidingReason",
                  h.created_at as hidden_at
           from hidden_jobs h
           join jobs j on j.id = h.job_id
           join companies c on c.id = j.company_id
           where h.user_id = $1 and ($2::timestamptz is null or (h.created_at, h.job_id) < ($2, $3))
           order by h.created_at desc, h.job_id desc
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
    Ok(Slice::cut(rows, paging.size, total, |row: &HiddenJob| {
        TimeCursor {
            at: row.hidden_at,
            id: row.job_id,
        }
    }))
}

async fn count(conn: &mut PgConnection, user_id: Uuid) -> Result<i64> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from hidden_jobs where user_id = $1"#,
        user_id
    )
    .fetch_one(conn)
    .await?;
    Ok(count)
}
