//! What the mail about a finished import says.

use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::Result;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FinishedFacts {
    pub import_id: Uuid,
    pub rows: i32,
    pub created: i32,
    pub updated: i32,
    pub duplicates: i32,
    pub failed: i32,
    /// Why the file as a whole was refused.
    pub error: Option<String>,
}

/// `None` when the import is gone or still running.
pub async fn finished_facts(
    conn: &mut PgConnection,
    import_id: Uuid,
) -> Result<Option<FinishedFacts>> {
    Ok(sqlx::query_as!(
        FinishedFacts,
        "select id as import_id, rows_done as rows, created_count as created,
                updated_count as updated, duplicate_count as duplicates, failed_count as failed,
                error
         from imports where id = $1 and finished_at is not null",
        import_id,
    )
    .fetch_optional(conn)
    .await?)
}
