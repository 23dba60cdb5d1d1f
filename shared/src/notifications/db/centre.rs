//! SQL of the notification centre. The account is in every statement: somebody
//! else's notifications are not there.

use std::time::Duration;

use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    Result,
    live::hints,
    notifications::{Kind, News, Notification, NotificationFilter, NotificationType},
    pagination::{Paging, Slice, Start},
};

/// Once for each event, where it is wanted; the schema gives the number.
pub(in crate::notifications) async fn insert(
    conn: &mut PgConnection,
    user_id: Uuid,
    event_id: Uuid,
    news: &News,
) -> Result<()> {
    sqlx::query!(
        "insert into notifications
             (user_id, event_id, notification_type, kind, title, message, data, action_url)
         select $1, $2, $3, $4, $5, $6, $7, $8
         where wants_notification($1, $3, 'in_app')
         on conflict on constraint notifications_once_key do nothing",
        user_id,
        event_id,
        news.kind.notification_type() as NotificationType,
        news.kind.name(),
        news.title,
        news.message,
        news.data,
        news.action_url,
    )
    .execute(conn)
    .await?;
    hints::note(user_id);
    Ok(())
}

pub(in crate::notifications) async fn insert_recommendations_ready(
    conn: &mut PgConnection,
    new: &[(Uuid, i64)],
) -> Result<u64> {
    let (users, counts): (Vec<Uuid>, Vec<i64>) = new.iter().copied().unzip();
    let told = sqlx::query_scalar!(
        "insert into notifications (user_id, notification_type, kind, title, message, data, action_url)
         select t.user_id, 'job_match', $3,
                case t.jobs when 1 then 'A new job fits you' else t.jobs || ' new jobs fit you' end,
                '', jsonb_build_object('jobs', t.jobs), '/api/jobs/recommendations/'
         from unnest($1::uuid[], $2::int8[]) as t(user_id, jobs)
         join users u on u.id = t.user_id
         where t.jobs > 0 and wants_notification(t.user_id, 'job_match', 'in_app')
           and not exists (
               select from notifications n
               where n.user_id = t.user_id and n.kind = $3
                 and (not n.is_read or n.created_at > (select app_now()) - interval '20 hours'))
         order by t.user_id
         returning user_id",
        &users,
        &counts,
        Kind::RecommendationsReady.name(),
    )
    .fetch_all(conn)
    .await?;
    told.iter().copied().for_each(hints::note);
    Ok(told.len() as u64)
}

pub(in crate::notifications) async fn list(
    conn: &mut PgConnection,
    user_id: Uuid,
    filter: NotificationFilter,
    paging: &Paging<i64>,
) -> Result<Slice<Notification, i64>> {
    let total = match paging.start {
        Start::Page(_) => Some(count(conn, user_id, filter).await?),
        Start::After(_) => None,
    };
    let rows = sqlx::query_as!(
        Notification,
        r#"select id, number, notification_type as "notification_type: NotificationType", kind,
                  title, message, data, action_url, is_read, is_sent, is_email_sent,
                  created_at, read_at, sent_at
           from notifications
           where user_id = $1
             and ($2::bool is null or is_read = $2)
             and ($3::notification_type is null or notification_type = $3)
             and ($4::int8 is null or number < $4)
           order by number desc
           limit $5 offset $6"#,
        user_id,
        filter.is_read,
        filter.notification_type as Option<NotificationType>,
        paging.cursor().copied(),
        paging.limit(),
        paging.offset(),
    )
    .fetch_all(conn)
    .await?;
    Ok(Slice::cut(rows, paging.size, total, |row| row.number))
}

async fn count(conn: &mut PgConnection, user_id: Uuid, filter: NotificationFilter) -> Result<i64> {
    Ok(sqlx::query_scalar!(
        r#"select count(*) as "count!" from notifications
           where user_id = $1
             and ($2::bool is null or is_read = $2)
             and ($3::notification_type is null or notification_type = $3)"#,
        user_id,
        filter.is_read,
        filter.notification_type as Option<NotificationType>,
    )
    .fetch_one(conn)
    .await?)
}

pub(in crate::notifications) async fn get(
    conn: &mut PgConnection,
    user_id: Uuid,
    id: Uuid,
) -> Result<Option<Notification>> {
    Ok(sqlx::query_as!(
        Notification,
        r#"select id, number, notification_type as "notification_type: NotificationType", kind,
                  title, message, data, action_url, is_read, is_sent, is_email_sent,
                  created_at, read_at, sent_at
           from notifications where id = $1 and user_id = $2"#,
        id,
        user_id,
    )
    .fetch_optional(conn)
    .await?)
}

pub(in crate::notifications) async fn count_unread(
    conn: &mut PgConnection,
    user_id: Uuid,
) -> Result<i64> {
    Ok(sqlx::query_scalar!(
        r#"select count(*) as "count!" from notifications where user_id = $1 and not is_read"#,
        user_id,
    )
    .fetch_one(conn)
    .await?)
}

pub(in crate::notifications) async fn mark_read(
    conn: &mut PgConnection,
    user_id: Uuid,
    id: Uuid,
) -> Result<()> {
    sqlx::query!(
        "update notifications set is_read = true, read_at = app_now()
         where id = $1 and user_id = $2 and not is_read",
        id,
        user_id,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(in crate::notifications) async fn mark_all_read(
    conn: &mut PgConnection,
    user_id: Uuid,
    up_to: Option<i64>,
) -> Result<u64> {
    let done = sqlx::query!(
        "update notifications set is_read = true, read_at = app_now()
         where user_id = $1 and not is_read and ($2::int8 is null or number <= $2)",
        user_id,
        up_to,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

pub(in crate::notifications) async fn remove(
    conn: &mut PgConnection,
    user_id: Uuid,
    id: Uuid,
) -> Result<bool> {
    let done = sqlx::query!(
        "delete from notifications where id = $1 and user_id = $2",
        id,
        user_id,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The account's notifications after this number, the oldest first.
pub async fn list_after(
    conn: &mut PgConnection,
    user_id: Uuid,
    number: i64,
    limit: i64,
) -> Result<Vec<Notification>> {
    Ok(sqlx::query_as!(
        Notification,
        r#"select id, number, notification_type as "notification_type: NotificationType", kind,
                  title, message, data, action_url, is_read, is_sent, is_email_sent,
                  created_at, read_at, sent_at
           from notifications
           where user_id = $1 and number > $2
           order by number
           limit $3"#,
        user_id,
        number,
        limit,
    )
    .fetch_all(conn)
    .await?)
}

/// Notes that these have reached a client of the account.
pub async fn mark_sent(conn: &mut PgConnection, user_id: Uuid, ids: &[Uuid]) -> Result<()> {
    sqlx::query!(
        "update notifications set is_sent = true, sent_at = app_now()
         where user_id = $1 and id = any ($2) and not is_sent",
        user_id,
        ids,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets notifications that were written so long ago, at most `most`; gives how
/// many.
pub async fn forget_old(conn: &mut PgConnection, age: Duration, most: i64) -> Result<u64> {
    let forgotten = sqlx::query!(
        "delete from notifications where id in (
             select id from notifications
             where created_at < (select app_now()) - make_interval(secs => $1)
             order by created_at limit $2)",
        age.as_secs_f64(),
        most,
    )
    .execute(conn)
    .await?;
    Ok(forgotten.rows_affected())
}
