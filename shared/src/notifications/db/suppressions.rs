//! Addresses that nothing is sent to.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

/// Nothing goes to this address of the account any more: its server has said
/// that there is no such mailbox. An account that has another address by now
/// gets its mail there.
pub async fn suppress(
    conn: &mut PgConnection,
    user_id: Uuid,
    address: &str,
    email_id: Uuid,
    reply: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into email_suppressions (user_id, address_digest, email_id, reply)
         values ($1, sha256(convert_to($2, 'UTF8')), $3, left($4, 2000))
         on conflict (user_id) do update set
             address_digest = excluded.address_digest, email_id = excluded.email_id,
             reply = excluded.reply, suppressed_at = excluded.suppressed_at",
        user_id,
        address,
        email_id,
        reply,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Whether the account's present address is suppressed.
pub(in crate::notifications) async fn is_suppressed(
    conn: &mut PgConnection,
    user_id: Uuid,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (
               select from email_suppressions s join users u on u.id = s.user_id
               where s.user_id = $1
                 and s.address_digest = sha256(convert_to(u.email, 'UTF8')))
           as "suppressed!""#,
        user_id,
    )
    .fetch_one(conn)
    .await
}

/// A suppressed address, named by its account.
#[derive(Clone, Debug, Serialize)]
pub struct Suppression {
    pub user_id: Uuid,
    /// The mail that was refused.
    pub email_id: Option<Uuid>,
    /// What the server said, without addresses.
    pub reply: String,
    pub suppressed_at: DateTime<Utc>,
    /// Whether the account still has that address.
    pub in_force: bool,
}

/// The latest first.
pub async fn list_suppressions(
    conn: &mut PgConnection,
    limit: u16,
) -> Result<Vec<Suppression>, sqlx::Error> {
    sqlx::query_as!(
        Suppression,
        r#"select s.user_id, s.email_id, s.reply, s.suppressed_at,
                  s.address_digest = sha256(convert_to(u.email, 'UTF8')) as "in_force!"
           from email_suppressions s join users u on u.id = s.user_id
           order by s.suppressed_at desc, s.user_id desc
           limit $1"#,
        i64::from(limit),
    )
    .fetch_all(conn)
    .await
}

/// Lets mail flow to the account again; false when none was held back. Mails that
/// died meanwhile stay dead.
pub async fn lift_suppression(conn: &mut PgConnection, user_id: Uuid) -> Result<bool, sqlx::Error> {
    let lifted = sqlx::query!("delete from email_suppressions where user_id = $1", user_id)
        .execute(conn)
        .await?;
    Ok(lifted.rows_affected() == 1)
}
