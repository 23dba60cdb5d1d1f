use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::queue::{BatchId, LeaseKey, LeasedTask, TaskId};

/// For connections that only lease and settle. Their plans are cached while the
/// table is all but empty, when reading it whole is cheapest, and still used when
/// a hundred thousand tasks have come. What must be read whole all the same
/// (`app_clock`) then counts as so dear that it would be compiled first, which
/// takes longer than any statement here: hence no JIT. Left to itself Postgres
/// would plan the leasing statement anew each time, for as long as it then runs,
/// though whatever the parameters are the plan is the same.
pub async fn prefer_indexes(conn: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(
        "set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off;
         set jit = off; set plan_cache_mode = force_generic_plan",
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Who has looked at the limits of the queue.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Granted {
    /// Nobody: a queue with limits gives nothing.
    Freely,
    /// The caller, who holds the lock on them.
    ByLimits,
}

/// How far a queue's due tasks have been fetched, in the order of fetching.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    priority: i16,
    run_at: DateTime<Utc>,
    id: i64,
}

impl Place {
    /// Before every task.
    pub const START: Self = Self {
        priority: i16::MIN,
        run_at: DateTime::UNIX_EPOCH,
        id: 0,
    };
}

/// Leases up to `limit` due tasks of a queue: by priority, then due time, then
/// id. Suspects are left to [`lease_suspect`].
///
/// One index range per priority, so that tasks of a high priority that are not
/// due yet cost nothing. Rows another transaction holds are passed over. A paused
/// queue gives nothing; one with limits only through [`super::lease_limited`].
pub async fn lease(
    conn: &mut PgConnection,
    queue: &str,
    worker: &str,
    lease: Duration,
    limit: usize,
) -> Result<Vec<LeasedTask>, sqlx::Error> {
    let (tasks, _) = lease_after(conn, Place::START, queue, worker, lease, limit).await?;
    Ok(tasks)
}

/// [`lease`], but of the priority of `place` only what comes after it. Gives the
/// place of the last task too.
///
/// Postgres walks over the entries of all tasks that have ended since the last
/// vacuum, and no vacuum removes them while anybody holds an old snapshot: from a
/// backlog, fetching from the start takes longer with every task done.
pub async fn lease_after(
    conn: &mut PgConnection,
    place: Place,
    queue: &str,
    worker: &str,
    lease: Duration,
    limit: usize,
) -> Result<(Vec<LeasedTask>, Option<Place>), sqlx::Error> {
    lease_as(conn, place, queue, worker, lease, limit, Granted::Freely).await
}

pub(super) async fn lease_as(
    conn: &mut PgConnection,
    place: Place,
    queue: &str,
    worker: &str,
    lease: Duration,
    limit: usize,
    granted: Granted,
) -> Result<(Vec<LeasedTask>, Option<Place>), sqlx::Error> {
    let mut rows = sqlx::query!(
        r#"
        with recursive clock as materialized (select app_now() as now),
        priorities as (
            select -32769 as priority
            where not exists (select from queue_controls c
                              where c.queue = $1
                                and (c.paused_at is not null
                                or not $8 and (c.max_running is not null
                                               or c.rate_limit is not null)))
            union all
            select coalesce(
                (select t.priority from tasks t
                 where t.queue = $1 and t.lease_until is null and t.lapses = 0
                   and t.priority > p.priority and t.priority < $5
                 order by t.priority limit 1),
                (select t.priority from tasks t
                 where t.queue = $1 and t.lease_until is null and t.lapses = 0
                   and t.priority = $5 and p.priority < $5 and (t.run_at, t.id) > ($6, $7)
                 order by t.run_at, t.id limit 1),
                (select t.priority from tasks t
                 where t.queue = $1 and t.lease_until is null and t.lapses = 0
                   and t.priority > greatest(p.priority, $5)
                 order by t.priority limit 1))::int
            from priorities p where p.priority is not null
        ),
        picked as materialized (
            select due.id
            from priorities p
            cross join lateral (
                select t.id from tasks t
                where t.queue = $1 and t.priority = p.priority
                  and t.lease_until is null and t.lapses = 0
                  and t.run_at <= (select now from clock)
                  and (t.run_at, t.id) > (case when p.priority = $5 then $6 else '-infinity' end,
                                          case when p.priority = $5 then $7 else 0 end)
                order by t.run_at, t.id
                limit $2
                for update skip locked
            ) due
            limit $2
        )
        update tasks t set
            attempt = t.attempt + 1,
            fence = t.fence + 1,
            lease_until = (select now from clock) + make_interval(secs => $3),
            leased_by = $4,
            started_at = (select now from clock),
            cancel_requested_at = null
        from picked
        where t.id = picked.id
        returning t.id, t.fence, t.queue, t.kind, t.args, t.priority, t.run_at, t.attempt,
            t.max_attempts, t.unique_key is not null as "is_unique!",
            t.batch_id as "batch: BatchId",
            extract(epoch from t.started_at - t.run_at)::float8 as "waited!",
            coalesce(t.deadline < t.started_at, false) as "too_late!"
        "#,
        queue,
        i64::try_from(limit).unwrap_or(i64::MAX),
        lease.as_secs_f64(),
        worker,
        place.priority,
        place.run_at,
        place.id,
        granted == Granted::ByLimits,
    )
    .fetch_all(conn)
    .await?;
    rows.sort_by_key(|row| (row.priority, row.run_at, row.id));
    let last = rows.last().map(|row| Place {
        priority: row.priority,
        run_at: row.run_at,
        id: row.id,
    });
    let tasks = rows
        .into_iter()
        .map(|row| LeasedTask {
            key: LeaseKey {
                id: TaskId(row.id),
                fence: row.fence,
            },
            queue: row.queue,
            kind: row.kind,
            args: row.args,
            priority: row.priority,
            attempt: row.attempt,
            max_attempts: row.max_attempts,
            unique: row.is_unique,
            waited: Duration::try_from_secs_f64(row.waited).unwrap_or_default(),
            too_late: row.too_late,
            batch: row.batch,
        })
        .collect();
    Ok((tasks, last))
}

/// Leases the due suspect of a queue that has waited longest: a task whose last
/// lease ran out. A worker runs one suspect at a time, so that a task that kills
/// its process takes no other suspect along, however often it tries.
pub async fn lease_suspect(
    conn: &mut PgConnection,
    queue: &str,
    worker: &str,
    lease: Duration,
) -> Result<Option<LeasedTask>, sqlx::Error> {
    lease_suspect_as(conn, queue, worker, lease, Granted::Freely).await
}

pub(super) async fn lease_suspect_as(
    conn: &mut PgConnection,
    queue: &str,
    worker: &str,
    lease: Duration,
    granted: Granted,
) -> Result<Option<LeasedTask>, sqlx::Error> {
    let row = sqlx::query!(
        r#"
        with clock as materialized (select app_now() as now),
        picked as materialized (
            select t.id from tasks t
            where t.queue = $1 and t.lease_until is null and t.lapses > 0
              and t.run_at <= (select now from clock)
              and not exists (select from queue_controls c
                              where c.queue = $1
                                and (c.paused_at is not null
                                 or not $4 and (c.max_running is not null
                                                or c.rate_limit is not null)))
            order by t.run_at, t.id
            limit 1
            for update skip locked
        )
        update tasks t set
            attempt = t.attempt + 1,
            fence = t.fence + 1,
            lease_until = (select now from clock) + make_interval(secs => $2),
            leased_by = $3,
            started_at = (select now from clock),
            cancel_requested_at = null
        from picked
        where t.id = picked.id
        returning t.id, t.fence, t.queue, t.kind, t.args, t.priority, t.attempt,
            t.max_attempts, t.unique_key is not null as "is_unique!",
            t.batch_id as "batch: BatchId",
            extract(epoch from t.started_at - t.run_at)::float8 as "waited!",
            coalesce(t.deadline < t.started_at, false) as "too_late!"
        "#,
        queue,
        lease.as_secs_f64(),
        worker,
        granted == Granted::ByLimits,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| LeasedTask {
        key: LeaseKey {
            id: TaskId(row.id),
            fence: row.fence,
        },
        queue: row.queue,
        kind: row.kind,
        args: row.args,
        priority: row.priority,
        attempt: row.attempt,
        max_attempts: row.max_attempts,
        unique: row.is_unique,
        waited: Duration::try_from_secs_f64(row.waited).unwrap_or_default(),
        too_late: row.too_late,
        batch: row.batch,
    }))
}

/// A lease as its heartbeat found it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldLease {
    pub key: LeaseKey,
    /// Somebody wants its run stopped.
    pub cancel_requested: bool,
}

/// Renews leases; gives those that are still held. A row that is being settled
/// at this moment is held but not renewed: waiting for it could deadlock.
pub async fn heartbeat(
    conn: &mut PgConnection,
    leases: &[LeaseKey],
    lease: Duration,
) -> Result<Vec<HeldLease>, sqlx::Error> {
    let (ids, fences): (Vec<_>, Vec<_>) = leases.iter().map(|l| (l.id.0, l.fence)).unzip();
    let rows = sqlx::query!(
        r#"
        with held as materialized (
            select t.id, t.fence, t.cancel_requested_at is not null as cancel_requested
            from unnest($1::bigint[], $2::bigint[]) as l(id, fence)
            join tasks t on t.id = l.id and t.fence = l.fence
            where t.leased_by is not null
        ),
        free as materialized (
            select t.id, t.fence from tasks t
            where t.id = any($1) and t.leased_by is not null
            for no key update skip locked
        ),
        renewed as (
            update tasks t
            set lease_until = (select app_now()) + make_interval(secs => $3)
            from held join free using (id, fence)
            where t.id = held.id
        )
        select id as "id!", fence as "fence!", cancel_requested as "cancel_requested!" from held
        "#,
        &ids,
        &fences,
        lease.as_secs_f64(),
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| HeldLease {
            key: LeaseKey {
                id: TaskId(row.id),
                fence: row.fence,
            },
            cancel_requested: row.cancel_requested,
        })
        .collect())
}

/// Whether a lease still holds. If so, nobody else gets the task before the
/// caller's transaction ends.
pub async fn hold(conn: &mut PgConnection, lease: LeaseKey) -> Result<bool, sqlx::Error> {
    let held = sqlx::query_scalar!(
        "select id from tasks where id = $1 and fence = $2 and leased_by is not null
         for key share",
        lease.id.0,
        lease.fence,
    )
    .fetch_optional(conn)
    .await?;
    Ok(held.is_some())
}

/// Ends every lease. For who starts on a database that no living worker shares:
/// what the dead ones held is rescued at once, the attempt counted as always.
pub async fn end_all_leases(conn: &mut PgConnection) -> Result<u64, sqlx::Error> {
    let ended = sqlx::query!(
        "update tasks set lease_until = app_now() where lease_until > (select app_now())"
    )
    .execute(conn)
    .await?;
    Ok(ended.rows_affected())
}
