//! What freelancers allow the board and employers.

use sqlx::PgConnection;
use uuid::Uuid;

use super::db;
use crate::{Result, recommendations};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Consent {
    /// They want to hear of jobs, whether they have time now or not.
    pub open_to_work: bool,
    /// Employers may find them for a job.
    pub discoverable: bool,
    /// What they do with jobs may be used for recommendations.
    pub personalised: bool,
}

impl Consent {
    /// Whether employers may be shown them.
    pub fn may_be_found(self) -> bool {
        self.open_to_work && self.discoverable
    }
}

pub async fn get(conn: &mut PgConnection, profile_id: Uuid) -> Result<Consent> {
    Ok(db::consent::get(conn, profile_id).await?.consent)
}

/// Takes effect with the transaction: who may not be found is in no list of candidates
/// any more, and a list that was computed of what somebody did is not served to them
/// again once they said no.
pub async fn set(conn: &mut PgConnection, profile_id: Uuid, consent: Consent) -> Result<Consent> {
    db::lock(conn, profile_id).await?;
    let before = db::consent::get(conn, profile_id).await?;
    if before.consent == consent {
        return Ok(consent);
    }
    db::consent::set(conn, profile_id, consent).await?;
    if !consent.may_be_found() {
        recommendations::db::forget_terms(conn, before.user_id).await?;
    }
    if !consent.personalised {
        recommendations::db::forget_list(conn, before.user_id).await?;
    }
    recommendations::tasks::enqueue_refresh(conn, before.user_id).await?;
    Ok(consent)
}
