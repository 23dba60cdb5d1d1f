//! What people say about lists.

use sqlx::PgConnection;
use uuid::Uuid;

use super::super::{
    feedback::{Feedback, FeedbackKind},
    hybrid::Arm,
};
use crate::Result;

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
