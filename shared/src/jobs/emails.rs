//! What the mails about jobs say, read when they are sent.

use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::Result;

/// The facts about one job that has expired.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExpiredFacts {
    pub job_id: Uuid,
    pub job_title: String,
    pub company_name: String,
    /// People who have applied and have no answer yet.
    pub waiting: i64,
}

/// `None` when the move is gone, with its job.
pub async fn expired_facts(
    conn: &mut PgConnection,
    change_id: Uuid,
) -> Result<Option<ExpiredFacts>> {
    Ok(sqlx::query_as!(
        ExpiredFacts,
        r#"select j.id as job_id, j.title as job_title, c.name as company_name,
                  (select count(*) from applications a
                   where a.job_id = j.id and a.status not in ('accepted', 'rejected', 'withdrawn'))
                      as "waiting!"
           from job_status_changes m
           join jobs j on j.id = m.job_id
           join companies c on c.id = j.company_id
           where m.id = $1"#,
        change_id,
    )
    .fetch_optional(conn)
    .await?)
}
