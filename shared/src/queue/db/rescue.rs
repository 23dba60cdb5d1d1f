use std::time::Duration;

use sqlx::PgConnection;

use super::settle::{Attempt, Holder, settle_as, try_settle_as};
use crate::queue::{Again, DeathReason, LeaseKey, Settlement, TaskId, backoff};

/// The most leases that [`rescue`] ends at once.
pub const RESCUED_AT_ONCE: usize = 200;

/// A task is dead after so many leases in a row that ran out, however many
/// attempts it is allowed: each may have been a worker's death.
const MOST_LAPSES: i16 = 10;

/// What one task may wait for a transaction that has enqueued its twin, and how
/// many do so in one pass.
const TWIN_WAIT: Duration = Duration::from_millis(25);
const TWINS_WAITED_FOR: usize = 8;

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
///
/// What other transactions hold waits for a later pass, and nothing else with it:
/// rows are passed over, and those with unique keys come last, in any order, each
/// on its own, because a twin may be held too.
pub async fn rescue(conn: &mut PgConnection, queues: &[String]) -> Result<Vec<Lapse>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"
        select id, fence, kind, attempt, max_attempts, leased_by as "leased_by!",
            unique_key is not null as "is_unique!", lapses,
            lapses > 0 or coalesce(errors -> -1 ? 'lapsed', false) as "again!"
        from tasks
        where lease_until < (select app_now()) and queue = any($1)
        order by unique_key is not null,
            case when unique_key is not null then random() end, lease_until
        limit $2
        for update skip locked
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
    let (mut ended, mut unique) = (Vec::with_capacity(rows.len()), Vec::new());
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
        match row.is_unique {
            true => unique.push((key, true, settlement)),
            false => ended.push((key, false, settlement)),
        }
        lapses.push(Lapse {
            id: key.id,
            kind: row.kind,
            leased_by: row.leased_by,
            dead,
        });
    }
    let mut settled = settle_as(conn, &ended, Holder::Rescuer).await?;
    let mut waits = 0;
    for one in &unique {
        match try_settle_as(conn, one, TWIN_WAIT, Holder::Rescuer).await? {
            Attempt::Settled => settled.push(one.0.id),
            Attempt::Lost => {}
            Attempt::Blocked => waits += 1,
        }
        if waits == TWINS_WAITED_FOR {
            break;
        }
    }
    lapses.retain(|lapse| settled.contains(&lapse.id));
    Ok(lapses)
}
