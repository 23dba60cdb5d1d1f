use std::time::Duration;

use sqlx::PgConnection;

use super::settle::{Holder, settle_as};
use crate::queue::{Again, DeathReason, LeaseKey, Settlement, TaskId, backoff};

/// The most leases that [`rescue`] ends at once.
pub const RESCUED_AT_ONCE: usize = 200;

/// A task is dead after so many leases in a row that ran out, however many
/// attempts it is allowed: each may have been a worker's death.
const MOST_LAPSES: i16 = 10;

/// A lease that ran out and was rescued.
#[derive(Clone, Debug)]
pub struct Lapse {
    pub id: TaskId,
    pub kind: String,
    pub leased_by: String,
    pub dead: bool,
}

/// Takes up to [`RESCUED_AT_ONCE`] tasks of these queues out of leases that ran
/// out, the attempt counted: dead after the last; back at once after the first
/// lease in a row that ran out, and as suspects with a backoff after the next
/// ones. Any worker may do it, several at once too.
pub async fn rescue(conn: &mut PgConnection, queues: &[String]) -> Result<Vec<Lapse>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"
        select id, fence, kind, attempt, max_attempts, leased_by as "leased_by!",
            unique_key is not null as "is_unique!", lapses,
            lapses > 0 or coalesce(errors -> -1 ? 'lapsed', false) as "again!"
        from tasks
        where lease_until < (select app_now()) and queue = any($1)
        order by lease_until
        limit $2
        "#,
        queues,
        RESCUED_AT_ONCE as i64,
    )
    .fetch_all(&mut *conn)
    .await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let mut lapses = Vec::with_capacity(rows.len());
    let mut ended = Vec::with_capacity(rows.len());
    for row in rows {
        // The first one is not in `lapses`.
        let in_a_row = row.lapses + 1 + i16::from(row.again);
        let dead = row.attempt >= row.max_attempts || in_a_row >= MOST_LAPSES;
        let error = "the lease ran out: its worker died or lost the database".to_owned();
        let settlement = if dead {
            Settlement::Dead {
                reason: DeathReason::Attempts,
                error,
            }
        } else {
            Settlement::Again {
                delay: if row.again {
                    backoff::delay_after(row.lapses.saturating_add(1))
                } else {
                    Duration::ZERO
                },
                why: Again::Lapsed {
                    error,
                    suspect: row.again,
                },
            }
        };
        let key = LeaseKey {
            id: TaskId(row.id),
            fence: row.fence,
        };
        ended.push((key, row.is_unique, settlement));
        lapses.push(Lapse {
            id: key.id,
            kind: row.kind,
            leased_by: row.leased_by,
            dead,
        });
    }
    let settled = settle_as(conn, &ended, Holder::Rescuer).await?;
    lapses.retain(|lapse| settled.contains(&lapse.id));
    Ok(lapses)
}
