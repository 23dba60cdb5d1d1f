//! SQL of the moves of jobs.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    Error, Result,
    employers::Scope,
    jobs::{
        JobStatus,
        moves::{JobMove, MoveCause, NewMove},
    },
    pagination::{Paging, Slice, Start, TimeCursor},
};

/// Notes a move; its id is the event of the mails about it.
pub async fn insert(conn: &mut PgConnection, new: NewMove<'_>) -> Result<Uuid> {
    let id = sqlx::query_scalar!(
        "insert into job_status_changes (job_id, changed_by, cause, from_status, to_status, note)
         values ($1, $2, $3, $4, $5, $6)
         returning id",
        new.job_id,
        new.changed_by,
        new.cause as MoveCause,
        new.from as Option<JobStatus>,
        new.to as JobStatus,
        new.note,
    )
    .fetch_one(conn)
    .await?;
    Ok(id)
}

/// Notes that an import made these jobs, published.
pub async fn insert_imported(
    conn: &mut PgConnection,
    user_id: Uuid,
    job_ids: &[Uuid],
) -> Result<()> {
    sqlx::query!(
        "insert into job_status_changes (job_id, changed_by, cause, to_status)
         select id, $1, 'import', 'published' from unnest($2::uuid[]) as t (id)",
        user_id,
        job_ids,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn ensure_readable(conn: &mut PgConnection, scope: Scope, job_id: Uuid) -> Result<()> {
    sqlx::query_scalar!(
        "select id from jobs
         where id = $1 and ($2 or role_in_company(company_id, employer_id, $3) is not null)",
        job_id,
        scope == Scope::Any,
        scope.employer_id()
    )
    .fetch_optional(conn)
    .await?
    .map(drop)
    .ok_or(Error::NotFound("job"))
}

/// Newest first. Whoever calls has seen that the job may be read.
pub async fn list(
    conn: &mut PgConnection,
    job_id: Uuid,
    paging: &Paging,
) -> Result<Slice<JobMove>> {
    let total = match paging.start {
        Start::Page(_) => Some(
            sqlx::query_scalar!(
                r#"select count(*) as "count!" from job_status_changes where job_id = $1"#,
                job_id
            )
            .fetch_one(&mut *conn)
            .await?,
        ),
        Start::After(_) => None,
    };
    let rows = sqlx::query_as!(
        JobMove,
        r#"select id, changed_by, cause as "cause: MoveCause", from_status as "from: JobStatus",
                  to_status as "to: JobStatus", note, changed_at
           from job_status_changes
           where job_id = $1 and ($2::timestamptz is null or (changed_at, id) < ($2, $3))
           order by changed_at desc, id desc
           limit $4 offset $5"#,
        job_id,
        paging.cursor().map(|cursor| cursor.at),
        paging.cursor().map(|cursor| cursor.id),
        paging.limit(),
        paging.offset(),
    )
    .fetch_all(conn)
    .await?;
    Ok(Slice::cut(rows, paging.size, total, |row: &JobMove| {
        TimeCursor {
            at: row.changed_at,
            id: row.id,
        }
    }))
}
