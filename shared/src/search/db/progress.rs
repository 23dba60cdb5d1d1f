//! SQL that tells how far a rebuild is.

use sqlx::PgConnection;

use crate::{queue::Task, search::tasks::RefreshScope};

/// How far the rebuild of all documents is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// None where no rebuild is pending or running.
    pub done: Option<i64>,
    /// Steps of rebuilds that died.
    pub dead: i64,
}

pub async fn rebuild_progress(conn: &mut PgConnection) -> sqlx::Result<Progress> {
    sqlx::query_as!(
        Progress,
        r#"select (select max(coalesce((args ->> 'done')::bigint, 0)) from tasks
                   where kind = $1 and args ->> 'scope' = 'all') as done,
                  (select count(*) from dead_tasks
                   where kind = $1 and args ->> 'scope' = 'all') as "dead!""#,
        RefreshScope::KIND
    )
    .fetch_one(conn)
    .await
}

/// About so many documents there will be.
pub async fn count_published(conn: &mut PgConnection) -> sqlx::Result<i64> {
    sqlx::query_scalar!(r#"select count(*) as "count!" from jobs where status = 'published'"#)
        .fetch_one(conn)
        .await
}
