//! SQL of looks at jobs.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::{Result, jobs::AddressHashes};

/// Who looked, as far as it is known.
#[derive(Clone, Debug, Default)]
pub struct Visit {
    pub user_id: Option<Uuid>,
    /// Tells apart who has no account.
    pub address: Option<AddressHashes>,
    pub user_agent: Option<String>,
    pub referrer: Option<String>,
}

/// Counts a look at a live job, for its statistics and for trending; false if it
/// does not count, being its own employer's or a second one of an account or an
/// address within 30 minutes.
pub async fn record_view(conn: &mut PgConnection, job_id: Uuid, visit: &Visit) -> Result<bool> {
    let counted = sqlx::query_scalar!(
        r#"select record_job_view($1, $2, $3, $4, $5, $6) as "counted!""#,
        job_id,
        visit.user_id,
        visit.user_agent,
        visit.referrer,
        visit.address.as_ref().map(|address| &address.today[..]),
        visit.address.as_ref().map(|address| &address.before[..]),
    )
    .fetch_one(conn)
    .await?;
    Ok(counted)
}

/// Forgets addresses whose half hour is over, at most `limit` of them.
pub async fn forget_addresses(conn: &mut PgConnection, limit: i64) -> Result<u64> {
    let forgotten = sqlx::query!(
        "delete from job_view_addresses where ctid = any(array(
             select ctid from job_view_addresses
             where counted_at <= (select app_now()) - interval '30 minutes'
             order by counted_at limit $1))",
        limit
    )
    .execute(conn)
    .await?;
    Ok(forgotten.rows_affected())
}
