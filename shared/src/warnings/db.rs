//! SQL of warnings.

use sqlx::PgConnection;
use uuid::Uuid;

use super::emails::KindFacts;
use crate::Result;

/// A warning of those that died since the last one, a day ago at first. What died within
/// the last minute is the next one's: its transaction may not have ended.
pub(super) async fn insert(conn: &mut PgConnection) -> Result<Option<Uuid>> {
    let id = sqlx::query_scalar!(
        "with span as (
             select coalesce((select max(died_until) from dead_task_warnings),
                             app_now() - interval '1 day') as died_after,
                    app_now() - interval '1 minute' as died_until)
         insert into dead_task_warnings (died_after, died_until)
         select died_after, died_until from span
         where died_after <= died_until - interval '1 hour'
           and exists (
               select from dead_tasks d
               where d.died_at > span.died_after and d.died_at <= span.died_until
                 and not exists (select from email_outbox o
                                 where o.task_id = d.id and o.template = 'dead_tasks'))
         on conflict on constraint dead_task_warnings_once_key do nothing
         returning id"
    )
    .fetch_optional(conn)
    .await?;
    Ok(id)
}

/// As long as dead tasks are kept.
pub(super) async fn forget_old(conn: &mut PgConnection) -> Result<()> {
    sqlx::query!(
        "delete from dead_task_warnings where died_until < (select app_now()) - interval '90 days'"
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// In the order of their ids. More than these are not warned.
pub(super) async fn admins(conn: &mut PgConnection) -> Result<Vec<Uuid>> {
    let admins = sqlx::query_scalar!(
        "select id from users where role = 'admin' and is_active order by id limit 100"
    )
    .fetch_all(conn)
    .await?;
    Ok(admins)
}

/// Those of a warning that are dead still, by kind and reason, the most first.
pub(super) async fn kinds(
    conn: &mut PgConnection,
    warning_id: Uuid,
    most: i64,
) -> Result<Vec<KindFacts>> {
    let kinds = sqlx::query_as!(
        KindFacts,
        r#"select d.kind, d.reason, count(*) as "count!",
                  (sum(count(*)) over ())::bigint as "of_all!"
           from dead_task_warnings w
           join dead_tasks d on d.died_at > w.died_after and d.died_at <= w.died_until
           where w.id = $1
             and not exists (select from email_outbox o
                             where o.task_id = d.id and o.template = 'dead_tasks')
           group by d.kind, d.reason
           order by 3 desc, d.kind, d.reason limit $2"#,
        warning_id,
        most,
    )
    .fetch_all(conn)
    .await?;
    Ok(kinds)
}
