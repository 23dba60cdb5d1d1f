//! Messages that somebody finds wrong, for administrators to look at.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{db, db::reports, thread};
use crate::{
    Error, Result,
    applications::{Asker, Side},
    pagination::{Paging, Slice},
    rules::Rules,
};

const MAX_REASON: usize = 2_000;

/// What an administrator decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "message_report_outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// The message stays.
    Dismissed,
    /// Nobody reads the message any more.
    Removed,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    pub id: Uuid,
    pub message_id: Uuid,
    pub application_id: Uuid,
    pub number: i64,
    pub side: Side,
    /// None: the account is gone.
    pub sender_id: Option<Uuid>,
    pub body: String,
    pub reporter_id: Uuid,
    pub reason: String,
    pub created_at: DateTime<Utc>,
    pub closed_at: Option<DateTime<Utc>>,
    pub closed_by: Option<Uuid>,
    pub outcome: Option<Outcome>,
}

/// Reports a message of the other side; the second time changes nothing.
pub async fn report(
    conn: &mut PgConnection,
    asker: Asker,
    application_id: Uuid,
    number: i64,
    reason: &str,
) -> Result<()> {
    let mut rules = Rules::new();
    rules.required_text("reason", reason, MAX_REASON);
    thread(conn, asker, application_id).await?;
    let side = asker.side().other();
    let message = reports::exists(conn, application_id, number, side)
        .await?
        .ok_or(Error::NotFound("message"))?;
    rules.finish()?;
    reports::insert(conn, message, asker.user_id(), reason.trim()).await
}

/// Newest first.
pub async fn list(
    conn: &mut PgConnection,
    is_open: Option<bool>,
    paging: &Paging,
) -> Result<Slice<Report>> {
    reports::list(conn, is_open, paging).await
}

pub async fn get(conn: &mut PgConnection, id: Uuid) -> Result<Report> {
    reports::get(conn, id)
        .await?
        .ok_or(Error::NotFound("report"))
}

/// Decides about a report, once.
pub async fn close(
    conn: &mut PgConnection,
    id: Uuid,
    admin: Uuid,
    outcome: Outcome,
) -> Result<Report> {
    let report = get(conn, id).await?;
    if !db::reports::close(conn, id, admin, outcome).await? {
        return Err(Error::conflict("closed", "this report is closed already"));
    }
    if outcome == Outcome::Removed {
        reports::remove_message(conn, report.message_id).await?;
    }
    get(conn, id).await
}
