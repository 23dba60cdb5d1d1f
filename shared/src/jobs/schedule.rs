//! What time does to jobs: it publishes drafts and closes what has expired.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    JobStatus, db,
    moves::{MoveCause, NewMove},
    posting,
};
use crate::{Error, Result, employers, employers::Scope, mail::Template, notifications::tell};

/// A draft whose time has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueJob {
    pub id: Uuid,
    pub employer_id: Option<Uuid>,
    pub publish_at: DateTime<Utc>,
}

/// Publishes the draft that has waited longest, of those after `after`. False
/// beside it: its employer may not publish it now, for one reason or another. The
/// transaction is to be given up then, and the draft waits for a later run. None:
/// no more drafts are due.
pub async fn publish_next_due(
    conn: &mut PgConnection,
    after: Option<DueJob>,
) -> Result<Option<(DueJob, bool)>> {
    let Some(due) = db::schedule::lock_next_due(conn, after).await? else {
        return Ok(None);
    };
    match publish(conn, due).await {
        Ok(()) => Ok(Some((due, true))),
        Err(Error::Forbidden { .. } | Error::Conflict { .. } | Error::Invalid(_)) => {
            Ok(Some((due, false)))
        }
        Err(error) => Err(error),
    }
}

async fn publish(conn: &mut PgConnection, due: DueJob) -> Result<()> {
    if let Some(employer_id) = due.employer_id {
        employers::ensure_can_post(conn, Scope::Own(employer_id)).await?;
    }
    db::schedule::publish(conn, due.id).await?;
    let step = NewMove {
        job_id: due.id,
        changed_by: None,
        cause: MoveCause::Schedule,
        from: Some(JobStatus::Draft),
        to: JobStatus::Published,
        note: "",
    };
    db::moves::insert(conn, step).await?;
    posting::check_active_limit(conn, due.id).await?;
    posting::published(conn, due.id).await?;
    posting::changed(conn, due.id).await
}

/// Closes the job whose expiry is longest past, and promises its employer a mail;
/// none, if there is none.
pub async fn close_one_expired(conn: &mut PgConnection) -> Result<Option<Uuid>> {
    let Some(closed) = db::schedule::close_one_expired(conn).await? else {
        return Ok(None);
    };
    let step = NewMove {
        job_id: closed.id,
        changed_by: None,
        cause: MoveCause::Expiry,
        from: Some(JobStatus::Published),
        to: JobStatus::Closed,
        note: "",
    };
    let event_id = db::moves::insert(conn, step).await?;
    posting::changed(conn, closed.id).await?;
    if let Some(user_id) = closed.employer_user_id {
        tell(conn, event_id, user_id, Template::JobExpired).await?;
    }
    Ok(Some(closed.id))
}
