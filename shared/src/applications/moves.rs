//! The moves of an application, each on record.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{ApplicationStatus, Asker, Side, db, get};
use crate::{
    Result,
    pagination::{Paging, Slice},
};

/// One move on record.
#[derive(Clone, Debug, PartialEq)]
pub struct ApplicationMove {
    pub id: Uuid,
    /// None: the applicant sent it.
    pub from: Option<ApplicationStatus>,
    pub to: ApplicationStatus,
    pub by: Side,
    /// Not for the applicant's eyes, unless it was the applicant. None when the
    /// account is gone.
    pub changed_by: Option<Uuid>,
    /// The mover's words to the other side; may be empty.
    pub note: String,
    pub changed_at: DateTime<Utc>,
}

/// The moves of an application that exists for the asker, newest first.
pub async fn history(
    conn: &mut PgConnection,
    asker: Asker,
    id: Uuid,
    paging: &Paging,
) -> Result<Slice<ApplicationMove>> {
    let application = get(conn, asker, id).await?;
    db::moves::list(conn, application.id, application.applicant_id, paging).await
}
