//! Telling accounts what has matched.
//!
//! An account is told all that is due in one transaction, in one mail: the alerts are
//! locked, their matches taken into a delivery, and the mail about it promised in the
//! outbox. So a match is in one mail at most, whoever is killed meanwhile.

use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    Frequency,
    db::deliveries::{due_shards, lock_due, put_off_until, set_next, take},
    tasks::Deliver,
};
use crate::{Result, mail::Template, notifications, queue, settings};

/// What became of an account's turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Somebody else has told it.
    Nothing,
    /// All that matched is closed by now.
    Closed,
    /// It has had as many mails as a day has room for.
    PutOff,
    Told,
}

/// Enqueues a task for each shard that has accounts to be told something.
pub async fn enqueue_due(conn: &mut PgConnection) -> Result<u64> {
    let tasks: Vec<_> = due_shards(conn)
        .await?
        .into_iter()
        .map(|shard| Deliver { shard })
        .collect();
    Ok(queue::enqueue_many(conn, &tasks).await?)
}

/// Tells an account what is due, as part of the caller's transaction. The second time
/// nothing is.
pub async fn tell(conn: &mut PgConnection, user_id: Uuid) -> Result<Told> {
    let due = lock_due(conn, user_id).await?;
    if due.is_empty() {
        return Ok(Told::Nothing);
    }
    let alert_ids: Vec<Uuid> = due.iter().map(|(id, _)| *id).collect();
    let most = settings::load(conn).await?.max_alert_mails_per_day;
    if let Some(free_at) = put_off_until(conn, user_id, most).await? {
        set_next(conn, &alert_ids, Some(free_at)).await?;
        return Ok(Told::PutOff);
    }
    let delivery = take(conn, user_id, &alert_ids).await?;
    set_next(conn, &alert_ids, None).await?;
    let Some(delivery) = delivery else {
        return Ok(Told::Closed);
    };
    let any_instant = due
        .iter()
        .any(|(_, frequency)| *frequency == Frequency::Instant);
    let template = match any_instant {
        true => Template::JobAlert,
        false => Template::JobDigest,
    };
    notifications::tell(conn, delivery, user_id, template).await?;
    Ok(Told::Told)
}
