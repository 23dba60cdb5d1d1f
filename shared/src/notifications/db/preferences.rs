//! SQL of what accounts want to be told.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    Result,
    notifications::{NotificationType, preferences::Channel, preferences::Choice},
};

pub(in crate::notifications) async fn list(
    conn: &mut PgConnection,
    user_id: Uuid,
) -> Result<Vec<Choice>> {
    Ok(sqlx::query_as!(
        Choice,
        r#"select notification_type as "notification_type: NotificationType",
                  channel as "channel: Channel", is_wanted
           from notification_preferences where user_id = $1"#,
        user_id,
    )
    .fetch_all(conn)
    .await?)
}

/// In the order of the keys, against deadlocks.
pub(in crate::notifications) async fn set(
    conn: &mut PgConnection,
    user_id: Uuid,
    choices: &[Choice],
) -> Result<()> {
    let types: Vec<_> = choices.iter().map(|one| one.notification_type).collect();
    let channels: Vec<_> = choices.iter().map(|one| one.channel).collect();
    let wanted: Vec<_> = choices.iter().map(|one| one.is_wanted).collect();
    sqlx::query!(
        "insert into notification_preferences as p (user_id, notification_type, channel, is_wanted)
         select u.id, c.notification_type, c.channel, c.is_wanted
         from users u,
              unnest($2::notification_type[], $3::notification_channel[], $4::bool[])
                  as c(notification_type, channel, is_wanted)
         where u.id = $1
         order by c.notification_type, c.channel
         on conflict (user_id, notification_type, channel) do update
         set is_wanted = excluded.is_wanted, updated_at = app_now()
         where p.is_wanted <> excluded.is_wanted",
        user_id,
        &types as _,
        &channels as _,
        &wanted,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(in crate::notifications) async fn wants(
    conn: &mut PgConnection,
    user_id: Uuid,
    notification_type: NotificationType,
    channel: Channel,
) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select wants_notification($1, $2, $3) as "wants!""#,
        user_id,
        notification_type as NotificationType,
        channel as Channel,
    )
    .fetch_one(conn)
    .await?)
}
