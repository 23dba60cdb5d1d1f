//! Who may read a freelancer's whole profile.

use sqlx::PgConnection;
use uuid::Uuid;

use super::db;
use crate::{Error, Result};

/// Somebody who wants to read a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    Admin,
    /// By the employer's profile.
    Employer(Uuid),
    /// By the freelancer's own profile.
    Freelancer(Uuid),
}

impl Reader {
    /// Freelancers read their own profile, employers those of people who applied for
    /// one of their jobs or of a company that they work for, administrators all. To
    /// anybody else there is none.
    pub async fn ensure_may_read(self, conn: &mut PgConnection, profile_id: Uuid) -> Result<()> {
        let may = match self {
            Self::Admin => db::exists(conn, profile_id).await?,
            Self::Freelancer(own) => own == profile_id,
            Self::Employer(employer) => {
                db::reviews::acquaintance(conn, employer, profile_id, None)
                    .await?
                    .has_applied
            }
        };
        may.then_some(()).ok_or(Error::NotFound("freelancer"))
    }
}
