//! Rows that wait for a task that is gone.

use std::time::Duration;

use sqlx::PgConnection;
use uuid::Uuid;

use super::EmailStatus;

/// A row that was given up with its task.
#[derive(Clone, Debug)]
pub struct Swept {
    pub id: Uuid,
    /// `Dead`, or `Unknown` where the mail may be out.
    pub status: EmailStatus,
}

/// Gives up up to `limit` mails whose tasks are no more: dead by timeout, panic
/// or poison, cancelled, discarded. If the task is brought back it sends the mail
/// all the same.
pub async fn sweep_abandoned(
    conn: &mut PgConnection,
    limit: u16,
) -> Result<Vec<Swept>, sqlx::Error> {
    sqlx::query_as!(
        Swept,
        r#"
        with abandoned as materialized (
            select o.id, coalesce(
                (select 'its task died: ' || d.reason from dead_tasks d where d.id = o.task_id),
                (select 'its task was ' || f.outcome from finished_tasks f
                 where f.id = o.task_id limit 1),
                'its task is gone') as why
            from email_outbox o
            where o.status in ('pending', 'sending') and o.task_id is not null
              and not exists (select from tasks t where t.id = o.task_id)
            limit $1
            for update of o skip locked
        )
        update email_outbox o
        set status = case when o.status = 'sending' then 'unknown'::email_status else 'dead' end,
            dead_reason = case when o.status = 'sending' then null else 'task_ended' end,
            last_error = left(concat_ws('; before that: ', abandoned.why, o.last_error), 2000)
        from abandoned
        where o.id = abandoned.id
        returning o.id, o.status as "status: EmailStatus"
        "#,
        i64::from(limit),
    )
    .fetch_all(conn)
    .await
}

/// Mails of which no task is known for a while, written by a version that did not
/// note it. The caller gives them one.
pub async fn take_tasks_missing(
    conn: &mut PgConnection,
    limit: u16,
) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "select id from email_outbox
         where status in ('pending', 'sending') and task_id is null
           and created_at < (select app_now()) - interval '10 minutes'
         limit $1
         for update skip locked",
        i64::from(limit),
    )
    .fetch_all(conn)
    .await
}

/// Forgets mails that have ended and were written so long ago, at most `most`;
/// gives how many. The ids bound what is read: they begin with the time.
pub async fn forget_old(
    conn: &mut PgConnection,
    age: Duration,
    most: i64,
) -> Result<u64, sqlx::Error> {
    let forgotten = sqlx::query!(
        "with oldest_kept as materialized (
             select app_now() - make_interval(secs => $1) as at)
         delete from email_outbox where id in (
             select id from email_outbox
             where id < (select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0')
                                 || repeat('0', 20))::uuid from oldest_kept)
               and created_at < (select at from oldest_kept)
               and status in ('sent', 'unknown', 'dead', 'skipped')
             order by id limit $2)",
        age.as_secs_f64(),
        most,
    )
    .execute(conn)
    .await?;
    Ok(forgotten.rows_affected())
}
