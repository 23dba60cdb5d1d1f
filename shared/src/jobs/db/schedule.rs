//! SQL of what time does to jobs.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::{Result, jobs::schedule::DueJob};

/// Locks the draft that is due for longest, after `after`. One that a request is
/// changing is left to the next run.
pub async fn lock_next_due(
    conn: &mut PgConnection,
    after: Option<DueJob>,
) -> Result<Option<DueJob>> {
    let due = sqlx::query_as!(
        DueJob,
        r#"
        select id, employer_id, publish_at as "publish_at!" from jobs
        where status = 'draft' and publish_at <= (select app_now())
            and (expires_at is null or expires_at > (select app_now()))
            and ($1::timestamptz is null or (publish_at, id) > ($1, $2))
        order by publish_at, id
        limit 1
        for no key update skip locked
        "#,
        after.map(|due| due.publish_at),
        after.map(|due| due.id),
    )
    .fetch_optional(conn)
    .await?;
    Ok(due)
}

pub async fn publish(conn: &mut PgConnection, id: Uuid) -> Result<()> {
    sqlx::query!(
        "update jobs set status = 'published', published_at = coalesce(published_at, app_now())
         where id = $1 and status = 'draft'",
        id
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Gives a published job that has no expiry one, so many days after its publication.
pub async fn set_default_expiry(conn: &mut PgConnection, id: Uuid, days: i32) -> Result<()> {
    sqlx::query!(
        "update jobs set expires_at = published_at + make_interval(days => $2)
         where id = $1 and expires_at is null",
        id,
        days
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub struct ClosedJob {
    pub id: Uuid,
    /// The account behind the job's employer; none for unclaimed jobs.
    pub employer_user_id: Option<Uuid>,
}

/// One that a request is changing is left to the next run.
pub async fn close_one_expired(conn: &mut PgConnection) -> Result<Option<ClosedJob>> {
    let closed = sqlx::query_as!(
        ClosedJob,
        r#"
        update jobs set status = 'closed', closed_at = expires_at
        where id = (
            select id from jobs
            where status = 'published' and expires_at <= (select app_now())
            order by expires_at
            limit 1
            for no key update skip locked
        )
        returning id,
            (select e.user_id from employer_profiles e where e.id = jobs.employer_id) as employer_user_id
        "#
    )
    .fetch_optional(conn)
    .await?;
    Ok(closed)
}
