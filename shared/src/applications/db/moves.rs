//! SQL of the moves of applications.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    Result,
    applications::{ApplicationMove, ApplicationStatus, Side},
    pagination::{Paging, Slice, Start, TimeCursor},
};

/// Notes a move; its id is the event of the mails about it.
pub async fn insert(
    conn: &mut PgConnection,
    application_id: Uuid,
    changed_by: Uuid,
    from: Option<ApplicationStatus>,
    to: ApplicationStatus,
    note: &str,
) -> Result<Uuid> {
    Ok(sqlx::query_scalar!(
        "insert into application_status_changes
             (application_id, changed_by, from_status, to_status, note)
         values ($1, $2, $3, $4, $5)
         returning id",
        application_id,
        changed_by,
        from as Option<ApplicationStatus>,
        to as ApplicationStatus,
        note,
    )
    .fetch_one(conn)
    .await?)
}

/// Newest first. Whoever calls has seen that the application may be read. An
/// applicant's account takes the application along, so that a mover who is gone
/// was of the employer's side.
pub async fn list(
    conn: &mut PgConnection,
    application_id: Uuid,
    applicant_id: Uuid,
    paging: &Paging,
) -> Result<Slice<ApplicationMove>> {
    let total = match paging.start {
        Start::Page(_) => Some(
            sqlx::query_scalar!(
                r#"select count(*) as "count!" from application_status_changes
                   where application_id = $1"#,
                application_id
            )
            .fetch_one(&mut *conn)
            .await?,
        ),
        Start::After(_) => None,
    };
    let rows = sqlx::query!(
        r#"select id, changed_by, from_status as "from: ApplicationStatus",
                  to_status as "to: ApplicationStatus", note, changed_at
           from application_status_changes
           where application_id = $1 and ($2::timestamptz is null or (changed_at, id) < ($2, $3))
           order by changed_at desc, id desc
           limit $4 offset $5"#,
        application_id,
        paging.cursor().map(|cursor| cursor.at),
        paging.cursor().map(|cursor| cursor.id),
        paging.limit(),
        paging.offset(),
    )
    .fetch_all(conn)
    .await?
    .into_iter()
    .map(|row| ApplicationMove {
        id: row.id,
        from: row.from,
        to: row.to,
        by: if row.changed_by == Some(applicant_id) {
            Side::Applicant
        } else {
            Side::Employer
        },
        changed_by: row.changed_by,
        note: row.note,
        changed_at: row.changed_at,
    })
    .collect();
    Ok(Slice::cut(
        rows,
        paging.size,
        total,
        |row: &ApplicationMove| TimeCursor {
            at: row.changed_at,
            id: row.id,
        },
    ))
}
