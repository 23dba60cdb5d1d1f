use std::time::Duration;

use sqlx::{Connection, PgConnection, types::Json};

use super::insert;
use crate::queue::{BatchId, NewTask};

/// The most batches that [`sweep_batches`] ends at once.
const SWEPT_AT_ONCE: i64 = 100;

pub async fn create_batch(
    conn: &mut PgConnection,
    name: &str,
    on_end: Option<&NewTask>,
) -> Result<BatchId, sqlx::Error> {
    sqlx::query_scalar!(
        r#"insert into task_batches (name, on_end, created_at) values ($1, $2, app_now())
           returning id as "id: BatchId""#,
        name,
        on_end.map(Json) as _,
    )
    .fetch_one(conn)
    .await
}

/// Counts new members.
pub async fn add_to_batch(
    conn: &mut PgConnection,
    batch: BatchId,
    members: u64,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update task_batches set total = total + $2 where id = $1",
        batch.0,
        i32::try_from(members).unwrap_or(i32::MAX),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Ends those of these batches that have no task left, and enqueues what each
/// wants enqueued at its end; gives those that this call ended.
///
/// For who has just committed the ends of members. Where two workers commit the
/// last two at once, both look after their commits, and the lock on the batch
/// lets one of them end it. A batch that another transaction holds, to add members
/// perhaps, is left to that one or the sweep: waiting would keep the caller's
/// queue waiting.
pub async fn end_batches(
    conn: &mut PgConnection,
    batches: &[BatchId],
) -> Result<Vec<BatchId>, sqlx::Error> {
    let ids: Vec<_> = batches.iter().map(|batch| batch.0).collect();
    let empty = sqlx::query_scalar!(
        r#"select b.id as "id: BatchId" from task_batches b
           where b.id = any($1) and b.ended_at is null
             and not exists (select from tasks t where t.batch_id = b.id)
           order by b.id"#,
        &ids,
    )
    .fetch_all(&mut *conn)
    .await?;
    end_each(conn, &empty).await
}

/// [`end_batches`] for all that have no task left: those whose worker died before
/// it could end them, and those that never had a member.
pub async fn sweep_batches(conn: &mut PgConnection) -> Result<Vec<BatchId>, sqlx::Error> {
    let empty = sqlx::query_scalar!(
        r#"select b.id as "id: BatchId" from task_batches b
           where b.ended_at is null
             and not exists (select from tasks t where t.batch_id = b.id)
           order by b.id limit $1"#,
        SWEPT_AT_ONCE,
    )
    .fetch_all(&mut *conn)
    .await?;
    end_each(conn, &empty).await
}

async fn end_each(
    conn: &mut PgConnection,
    batches: &[BatchId],
) -> Result<Vec<BatchId>, sqlx::Error> {
    let mut ended = Vec::new();
    let mut failed = None;
    for batch in batches {
        match end_one(conn, *batch).await {
            Ok(true) => ended.push(*batch),
            Ok(false) => {}
            // The others shall not wait for it.
            Err(error) => failed = Some(error),
        }
    }
    failed.map_or(Ok(ended), Err)
}

async fn end_one(conn: &mut PgConnection, batch: BatchId) -> Result<bool, sqlx::Error> {
    let mut tx = conn.begin().await?;
    let open = sqlx::query!(
        r#"select on_end as "on_end: Json<NewTask>" from task_batches
           where id = $1 and ended_at is null for update skip locked"#,
        batch.0,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(open) = open else { return Ok(false) };
    // Under the lock, in a statement of its own: it sees what was committed until
    // now.
    let ended = sqlx::query!(
        "update task_batches set ended_at = app_now()
         where id = $1 and not exists (select from tasks where batch_id = $1)",
        batch.0,
    )
    .execute(&mut *tx)
    .await?;
    if ended.rows_affected() == 0 {
        return Ok(false);
    }
    if let Some(Json(on_end)) = open.on_end {
        insert(&mut tx, &[on_end]).await?;
    }
    tx.commit().await?;
    Ok(true)
}

/// Forgets batches that ended so long ago, at most 10,000 at once.
pub async fn forget_batches(conn: &mut PgConnection, age: Duration) -> Result<u64, sqlx::Error> {
    let forgotten = sqlx::query!(
        "delete from task_batches where id in (
            select id from task_batches
            where ended_at < (select app_now()) - make_interval(secs => $1)
            order by ended_at limit 10000)",
        age.as_secs_f64(),
    )
    .execute(conn)
    .await?;
    Ok(forgotten.rows_affected())
}
