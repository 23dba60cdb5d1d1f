//! What operators see: kept models, runs, and how the arms did.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::super::hybrid::Arm;
use crate::Result;

/// What users of an arm were shown and did. A job shown to somebody counts once, however
/// often it was on their screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArmCounts {
    pub arm: Arm,
    pub users: i64,
    pub impressions: i64,
    /// Of the impressions those that were opened.
    pub clicks: i64,
    /// Of the impressions those that were applied for afterwards.
    pub applications: i64,
    /// Of the impressions those that were hidden.
    pub hidden: i64,
}

impl ArmCounts {
    pub fn none(arm: Arm) -> Self {
        Self {
            arm,
            users: 0,
            impressions: 0,
            clicks: 0,
            applications: 0,
            hidden: 0,
        }
    }
}

/// Of what was shown first in the last `days`.
pub async fn arm_counts(conn: &mut PgConnection, days: i32) -> Result<Vec<ArmCounts>> {
    let counts = sqlx::query_as!(
        ArmCounts,
        r#"select shown.arm as "arm: Arm", count(distinct shown.user_id) as "users!",
                  count(*) as "impressions!", count(clicked.at) as "clicks!",
                  count(a.applied_at) as "applications!", count(hidden.at) as "hidden!"
           from recommendation_feedback shown
           left join lateral (
               select min(f.first_at) as at from recommendation_feedback f
               where f.user_id = shown.user_id and f.job_id = shown.job_id and f.arm = shown.arm
                 and f.kind = 'click'
           ) clicked on true
           left join lateral (
               select min(f.first_at) as at from recommendation_feedback f
               where f.user_id = shown.user_id and f.job_id = shown.job_id and f.arm = shown.arm
                 and f.kind in ('hide', 'not_interested')
           ) hidden on true
           left join lateral (
               select min(applied_at) as applied_at from applications a
               where a.applicant_id = shown.user_id and a.job_id = shown.job_id
                 and a.applied_at >= shown.first_at
           ) a on true
           where shown.kind = 'impression'
             and shown.first_at > (select app_now()) - make_interval(days => $1)
           group by shown.arm
           order by shown.arm"#,
        days
    )
    .fetch_all(conn)
    .await?;
    Ok(counts)
}

/// A model that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptModel {
    pub version: Uuid,
    pub fitted_at: DateTime<Utc>,
    pub activated_at: DateTime<Utc>,
    pub job_count: i32,
    pub term_count: i32,
    /// Compressed.
    pub bytes: i32,
    pub is_active: bool,
}

/// The newest first.
pub async fn kept_models(conn: &mut PgConnection) -> Result<Vec<KeptModel>> {
    let models = sqlx::query_as!(
        KeptModel,
        r#"select version, fitted_at, activated_at, job_count, term_count,
                  octet_length(content) as "bytes!",
                  row_number() over (order by activated_at desc, version desc) = 1 as "is_active!"
           from recommendation_models order by fitted_at desc, version desc limit 100"#
    )
    .fetch_all(conn)
    .await?;
    Ok(models)
}

/// A batch over users and jobs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    pub id: i64,
    pub model: Option<Uuid>,
    /// Tasks in all, those that wait or run, and those that were given up.
    pub total: i32,
    pub remaining: i64,
    pub dead: i64,
    pub created_at: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
}

/// The newest `limit` among the last batches of tasks.
pub async fn runs(conn: &mut PgConnection, limit: i64) -> Result<Vec<Run>> {
    let runs = sqlx::query_as!(
        Run,
        r#"select b.id, substring(b.name from 17)::uuid as model, b.total,
                  (select count(*) from tasks t where t.batch_id = b.id) as "remaining!",
                  (select count(*) from dead_tasks d where d.batch_id = b.id) as "dead!",
                  b.created_at, b.ended_at
           from (select * from task_batches order by id desc limit 1000) b
           where b.name ~ '^recommendations [0-9a-f-]{36}$'
           order by b.id desc limit $1"#,
        limit
    )
    .fetch_all(conn)
    .await?;
    Ok(runs)
}
