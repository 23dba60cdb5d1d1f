//! SQL of what has been read, and mailed because it was not.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    Result,
    applications::{Asker, Side},
};

/// Whether a mail about the thread has gone to this account, who has not looked since.
pub(in crate::messages) async fn is_mailed_and_unread(
    conn: &mut PgConnection,
    id: Uuid,
    user_id: Uuid,
) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select exists (
               select from message_reads
               where application_id = $1 and user_id = $2 and mailed_up_to > read_up_to)
               as "exists!""#,
        id,
        user_id,
    )
    .fetch_one(conn)
    .await?)
}

/// The newest message that this account may be mailed, and has neither read nor been
/// mailed about; its mail is promised by this.
pub(in crate::messages) async fn take_unmailed(
    conn: &mut PgConnection,
    id: Uuid,
    user_id: Uuid,
) -> Result<Option<Uuid>> {
    Ok(sqlx::query_scalar!(
        "with thread as (
             select a.id, case when a.applicant_id = $2 then 'applicant' else 'employer' end
                              ::message_side as side
             from applications a where a.id = $1),
         newest as (
             select m.id, m.number
             from thread t
             join messages m on m.application_id = t.id and m.side <> t.side
             left join message_reads r on r.application_id = t.id and r.user_id = $2
             where may_be_mailed(m, $2)
               and m.number > greatest(coalesce(r.read_up_to, 0), coalesce(r.mailed_up_to, 0))
             order by m.number desc
             limit 1),
         noted as (
             insert into message_reads as r (application_id, user_id, side, mailed_up_to)
             select t.id, $2, t.side, n.number from thread t, newest n
             on conflict on constraint message_reads_key do update
             set mailed_up_to = excluded.mailed_up_to)
         select id from newest",
        id,
        user_id,
    )
    .fetch_optional(conn)
    .await?)
}

pub(in crate::messages) async fn mark_read(
    conn: &mut PgConnection,
    id: Uuid,
    asker: Asker,
    up_to: i64,
) -> Result<()> {
    sqlx::query!(
        "insert into message_reads as r (application_id, user_id, side, read_up_to, read_at)
         values ($1, $2, $3, $4, app_now())
         on conflict on constraint message_reads_key do update
         set read_up_to = excluded.read_up_to, read_at = excluded.read_at
         where r.read_up_to < excluded.read_up_to",
        id,
        asker.user_id(),
        asker.side() as Side,
        up_to,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Also what the notification centre says of the messages read.
pub(in crate::messages) async fn read_notifications(
    conn: &mut PgConnection,
    id: Uuid,
    user_id: Uuid,
    up_to: i64,
) -> Result<()> {
    sqlx::query!(
        "update notifications set is_read = true, read_at = app_now()
         where user_id = $2 and not is_read
           and event_id in (select id from messages where application_id = $1 and number <= $3)",
        id,
        user_id,
        up_to,
    )
    .execute(conn)
    .await?;
    Ok(())
}
