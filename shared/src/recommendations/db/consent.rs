//! What is kept only as long as somebody allows it.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::Result;

/// Whether what an account does may be used for recommendations.
pub async fn allows_personalisation(conn: &mut PgConnection, user_id: Uuid) -> Result<bool> {
    let is_allowed = sqlx::query_scalar!(
        r#"select allows_personalisation($1) as "is_allowed!""#,
        user_id
    )
    .fetch_one(conn)
    .await?;
    Ok(is_allowed)
}

/// Removes the stored list of a user.
pub async fn forget_list(conn: &mut PgConnection, user_id: Uuid) -> Result<()> {
    sqlx::query!(
        "delete from job_recommendations where user_id = $1",
        user_id
    )
    .execute(conn)
    .await?;
    Ok(())
}
