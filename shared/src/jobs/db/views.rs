//! SQL of looks at jobs.

use sqlx::PgConnection;

use crate::{Result, jobs::Look};

/// Counts those of these looks that count, for the jobs' statistics, for trending and
/// for what their accounts are recommended: not those of a job's own employer, nor a
/// second one of an account or an address within 30 minutes. How many did.
pub async fn record(conn: &mut PgConnection, looks: &[Look]) -> Result<i32> {
    let jobs: Vec<_> = looks.iter().map(|look| look.job_id).collect();
    let users: Vec<_> = looks.iter().map(|look| look.user_id).collect();
    let agents: Vec<_> = looks.iter().map(|look| look.user_agent.clone()).collect();
    let referrers: Vec<_> = looks.iter().map(|look| look.referrer.clone()).collect();
    let address = |look: &Look| look.address.as_ref().map(|address| address.today.to_vec());
    let before = |look: &Look| look.address.as_ref().map(|address| address.before.to_vec());
    let addresses: Vec<_> = looks.iter().map(address).collect();
    let addresses_before: Vec<_> = looks.iter().map(before).collect();
    let durations: Vec<_> = looks.iter().map(|look| look.duration).collect();
    let times: Vec<_> = looks.iter().map(|look| look.at).collect();
    let counted = sqlx::query_scalar!(
        r#"select record_job_looks($1, $2, $3, $4, $5, $6, $7, $8) as "counted!""#,
        &jobs,
        &users as _,
        &agents as _,
        &referrers as _,
        &addresses as _,
        &addresses_before as _,
        &durations as _,
        &times,
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
