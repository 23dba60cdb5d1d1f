//! What people say about lists, and the jobs that they hid.

use sqlx::PgConnection;
use uuid::Uuid;

use super::super::{
    feedback::{Feedback, FeedbackKind},
    hybrid::Arm,
};
use crate::{Error, Result};

pub async fn insert_feedback(
    conn: &mut PgConnection,
    user_id: Uuid,
    arm: Arm,
    told: &[Feedback],
) -> Result<()> {
    let jobs: Vec<Uuid> = told.iter().map(|one| one.job_id).collect();
    let kinds: Vec<FeedbackKind> = told.iter().map(|one| one.kind).collect();
    let positions: Vec<Option<i16>> = told.iter().map(|one| one.position).collect();
    sqlx::query!(
        "insert into recommendation_feedback as old (user_id, job_id, kind, arm, position)
         select $1, t.job_id, t.kind, $2, t.position
         from unnest($3::uuid[], $4::recommendation_feedback_kind[], $5::smallint[])
              as t(job_id, kind, position)
         join jobs j on j.id = t.job_id
         order by t.job_id, t.kind
         on conflict (user_id, job_id, kind, arm) do update
         set times = least(old.times, 1000000) + 1, last_at = greatest(old.last_at, app_now())",
        user_id,
        arm as Arm,
        &jobs,
        &kinds as &[FeedbackKind],
        &positions as &[Option<i16>],
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn mark_clicked(conn: &mut PgConnection, user_id: Uuid, job_ids: &[Uuid]) -> Result<()> {
    sqlx::query!(
        "update job_recommendations set is_clicked = true
         where user_id = $1 and job_id = any($2) and not is_clicked",
        user_id,
        job_ids,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Hides jobs from a user: some without a word, some because they do not fit.
pub async fn hide(
    conn: &mut PgConnection,
    user_id: Uuid,
    hidden: &[Uuid],
    unfit: &[Uuid],
) -> Result<()> {
    sqlx::query!(
        "insert into hidden_jobs (user_id, job_id, reason)
         select $1, j.id, case when j.id = any($3) then 'not_interested' else 'hidden' end::hiding_reason
         from jobs j where j.id = any($2) or j.id = any($3)
         order by j.id
         on conflict (user_id, job_id) do update set reason = excluded.reason",
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

/// Removes up to `limit` rows that no report looks back to.
pub async fn forget_feedback(conn: &mut PgConnection, days: i32, limit: i64) -> Result<u64> {
    let forgotten = sqlx::query!(
        "delete from recommendation_feedback where ctid = any(array(
             select ctid from recommendation_feedback
             where first_at < (select app_now()) - make_interval(days => $1)
             order by first_at limit $2))",
        days,
        limit,
    )
    .execute(conn)
    .await?;
    Ok(forgotten.rows_affected())
}
