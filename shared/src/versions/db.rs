//! SQL of versions.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::Versioned;
use crate::Result;

/// Locks the row until the end of the transaction and tells its version: of two
/// edits of one version the second sees the first one's. `None` where there is no
/// such row; whether the caller may see it is not asked.
pub async fn lock(
    conn: &mut PgConnection,
    thing: Versioned,
    id: Uuid,
) -> Result<Option<DateTime<Utc>>> {
    let version = match thing {
        Versioned::Account => {
            sqlx::query_scalar!("select updated_at from users where id = $1 for update", id)
                .fetch_optional(conn)
                .await?
        }
        Versioned::Application => {
            sqlx::query_scalar!(
                "select updated_at from applications where id = $1 for update",
                id
            )
            .fetch_optional(conn)
            .await?
        }
        Versioned::Company => {
            sqlx::query_scalar!(
                "select updated_at from companies where id = $1 for update",
                id
            )
            .fetch_optional(conn)
            .await?
        }
        Versioned::EmployerProfile => {
            sqlx::query_scalar!(
                "select updated_at from employer_profiles where id = $1 for update",
                id
            )
            .fetch_optional(conn)
            .await?
        }
        Versioned::FreelancerProfile => {
            sqlx::query_scalar!(
                "select updated_at from freelancer_profiles where id = $1 for update",
                id
            )
            .fetch_optional(conn)
            .await?
        }
        Versioned::Job => {
            sqlx::query_scalar!("select updated_at from jobs where id = $1 for update", id)
                .fetch_optional(conn)
                .await?
        }
    };
    Ok(version)
}
