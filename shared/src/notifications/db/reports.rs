//! SQL of what the mail provider reports.

use std::time::Duration;

use sqlx::PgConnection;
use uuid::Uuid;

use crate::Result;

pub(in crate::notifications) struct ReportedMail {
    pub(in crate::notifications) user_id: Uuid,
    pub(in crate::notifications) template: String,
}

pub(in crate::notifications) async fn mail(
    conn: &mut PgConnection,
    email_id: Uuid,
) -> Result<Option<ReportedMail>> {
    Ok(sqlx::query_as!(
        ReportedMail,
        "select user_id, template from email_outbox where id = $1",
        email_id,
    )
    .fetch_optional(conn)
    .await?)
}

/// False where it was noted before.
pub(in crate::notifications) async fn note(
    conn: &mut PgConnection,
    event_id: &str,
) -> Result<bool> {
    let done = sqlx::query!(
        "insert into mail_reports (event_id) values ($1) on conflict (event_id) do nothing",
        event_id,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub(in crate::notifications) async fn is_address_of(
    conn: &mut PgConnection,
    user_id: Uuid,
    address: &str,
) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select exists (select from users where id = $1 and email = $2) as "exists!""#,
        user_id,
        address,
    )
    .fetch_one(conn)
    .await?)
}

/// Forgets reports that came so long ago, at most `most`; gives how many.
pub async fn forget_old_reports(
    conn: &mut PgConnection,
    age: Duration,
    most: i64,
) -> Result<u64, sqlx::Error> {
    let forgotten = sqlx::query!(
        "delete from mail_reports where event_id in (
             select event_id from mail_reports
             where created_at < (select app_now()) - make_interval(secs => $1)
             order by created_at limit $2)",
        age.as_secs_f64(),
        most,
    )
    .execute(conn)
    .await?;
    Ok(forgotten.rows_affected())
}
