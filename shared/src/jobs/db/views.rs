//! SQL of looks at jobs.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::Result;

/// Who looked, as far as it is known.
#[derive(Clone, Debug, Default)]
pub struct Visit {
    pub user_id: Option<Uuid>,
    pub user_agent: Option<String>,
    pub referrer: Option<String>,
}

/// Counts a look at a live job, for its statistics and for trending; false if it
/// does not count, being its own employer's or a second one within 30 minutes.
pub async fn record_view(conn: &mut PgConnection, job_id: Uuid, visit: &Visit) -> Result<bool> {
    let counted = sqlx::query_scalar!(
        r#"select record_job_view($1, $2, $3, $4) as "counted!""#,
        job_id,
        visit.user_id,
        visit.user_agent,
        visit.referrer
    )
    .fetch_one(conn)
    .await?;
    Ok(counted)
}
