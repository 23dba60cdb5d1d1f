//! Groups of tasks with one task that runs when all of them have ended.
//!
//! A batch has ended when no task of it is pending or running: each is done,
//! cancelled or dead. Members may add members in a transaction that commits
//! before they end. A dead member that is retried later runs as a member, and the
//! batch stays ended.

use sqlx::PgConnection;

use super::{BatchId, NewTask, Task, db, insert_all};

/// Makes a batch in the caller's transaction, which also enqueues its first
/// members: without any it ends as soon as that commits. When all members have
/// ended, `on_end` is enqueued, once.
pub async fn create_batch(
    conn: &mut PgConnection,
    name: &str,
    on_end: Option<NewTask>,
) -> Result<BatchId, sqlx::Error> {
    db::create_batch(conn, name, on_end.as_ref()).await
}

/// Enqueues members of a batch; gives how many were new. Unique keys hold within
/// the batch: a member merges with its like in the batch and with nobody else.
///
/// Locks the batch until the transaction ends; enqueue members last.
pub async fn enqueue_in_batch<T: Task>(
    conn: &mut PgConnection,
    batch: BatchId,
    tasks: &[T],
) -> Result<u64, sqlx::Error> {
    let mut members = Vec::with_capacity(tasks.len());
    for task in tasks {
        let mut member = NewTask::of(task)?;
        member.unique_key = member
            .unique_key
            .map(|key| format!("batch {}: {key}", batch.0));
        member.batch = Some(batch);
        members.push(member);
    }
    let fresh = insert_all(conn, members).await?;
    if fresh > 0 {
        db::add_to_batch(conn, batch, fresh).await?;
    }
    Ok(fresh)
}
