use sqlx::PgConnection;
use uuid::Uuid;

use super::Operator;
use crate::{Error, Result, notifications::db};

/// Lets mail flow to an account again whose address was suppressed.
pub async fn lift_suppression(conn: &mut PgConnection, by: Operator, user_id: Uuid) -> Result<()> {
    if !db::lift_suppression(conn, user_id).await? {
        return Err(Error::NotFound("suppression"));
    }
    tracing::info!(%by, %user_id, "suppression lifted");
    Ok(())
}
