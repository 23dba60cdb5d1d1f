use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::cancel::settle_cancelled;
use crate::{
    database::waited_in_vain,
    queue::{
        Again, CHANNEL, DeathReason, LeaseKey, Settlement, TaskId, backoff::LONGEST_MERGED_BACKOFF,
    },
};

/// Rows of one settling statement that may have lost their lease by now.
#[derive(Clone, Copy)]
pub(super) enum Holder {
    /// The worker itself, its lease renewed or not.
    Worker,
    /// Somebody who found the lease run out: it passes over rows that another
    /// transaction holds, its handler's perhaps.
    Rescuer,
}

/// What became of one settlement that would not wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    Settled,
    /// Its lease was lost, nothing was changed.
    Lost,
    /// Another transaction holds the row, or has enqueued a twin and not ended
    /// yet. Nothing was changed.
    Blocked,
}

/// Ends leases; gives the tasks settled. Those missing had lost their lease,
/// and nothing was changed for them. Waits for other transactions that hold one
/// of the rows, or that have enqueued the twin of a task that comes back.
pub async fn settle(
    conn: &mut PgConnection,
    ended: &[(LeaseKey, bool, Settlement)],
) -> Result<Vec<TaskId>, sqlx::Error> {
    settle_as(conn, ended, Holder::Worker).await
}

/// Ends one lease, unless it would have to wait for longer than `wait`.
pub async fn try_settle(
    conn: &mut PgConnection,
    ended: &(LeaseKey, bool, Settlement),
    wait: Duration,
) -> Result<Attempt, sqlx::Error> {
    try_settle_as(conn, ended, wait, Holder::Worker).await
}

pub(super) async fn try_settle_as(
    conn: &mut PgConnection,
    ended: &(LeaseKey, bool, Settlement),
    wait: Duration,
    holder: Holder,
) -> Result<Attempt, sqlx::Error> {
    let begin = format!("begin; set local lock_timeout = {}", wait.as_millis());
    let mut tx = conn.begin_with(AssertSqlSafe(begin)).await?;
    match settle_as(&mut tx, std::slice::from_ref(ended), holder).await {
        Ok(settled) => {
            tx.commit().await?;
            Ok(match settled.as_slice() {
                [] => Attempt::Lost,
                _ => Attempt::Settled,
            })
        }
        Err(error) if waited_in_vain(&error) => {
            tx.rollback().await?;
            Ok(Attempt::Blocked)
        }
        Err(error) => Err(error),
    }
}

/// The flag of an entry says whether the task has a unique key. Such a task
/// comes back in a statement of its own: its insert may wait for a transaction
/// that has enqueued its twin, and holding a second key meanwhile could
/// deadlock with it.
pub(super) async fn settle_as(
    conn: &mut PgConnection,
    ended: &[(LeaseKey, bool, Settlement)],
    holder: Holder,
) -> Result<Vec<TaskId>, sqlx::Error> {
    let mut done = Vec::new();
    let mut again = Vec::new();
    let mut alone = Vec::new();
    let mut dead = Vec::new();
    let mut cancelled = Vec::new();
    for (key, unique, settlement) in ended {
        match settlement {
            Settlement::Done => done.push(*key),
            Settlement::Again { delay, why } if *unique => alone.push((*key, *delay, why)),
            Settlement::Again { delay, why } => again.push((*key, *delay, why)),
            Settlement::Dead { reason, error } => dead.push((*key, *reason, error.as_str())),
            Settlement::Cancelled => cancelled.push(*key),
        }
    }
    let mut settled = Vec::with_capacity(ended.len());
    let statements = [done.is_empty(), again.is_empty(), dead.is_empty()];
    if statements.into_iter().filter(|empty| !empty).count() <= 1 {
        settle_together(conn, &done, &again, &dead, holder, &mut settled).await?;
    } else {
        let mut tx = conn.begin().await?;
        settle_together(&mut tx, &done, &again, &dead, holder, &mut settled).await?;
        tx.commit().await?;
    }
    if !cancelled.is_empty() {
        settle_cancelled(conn, &cancelled, &mut settled).await?;
    }
    for one in &alone {
        bring_back(conn, std::slice::from_ref(one), holder, &mut settled).await?;
    }
    Ok(settled)
}

async fn settle_together(
    conn: &mut PgConnection,
    done: &[LeaseKey],
    again: &[(LeaseKey, Duration, &Again)],
    dead: &[(LeaseKey, DeathReason, &str)],
    holder: Holder,
    settled: &mut Vec<TaskId>,
) -> Result<(), sqlx::Error> {
    if !done.is_empty() {
        finish(conn, done, settled).await?;
    }
    if !again.is_empty() {
        bring_back(conn, again, holder, settled).await?;
    }
    if !dead.is_empty() {
        bury(conn, dead, holder, settled).await?;
    }
    Ok(())
}

/// Knows leased rows by `leased_by`, as all that settle do: asked for
/// `lease_until`, Postgres would take the index of leased rows, which is all but
/// empty whenever it is analyzed, and read the whole of it for each lease.
async fn finish(
    conn: &mut PgConnection,
    keys: &[LeaseKey],
    settled: &mut Vec<TaskId>,
) -> Result<(), sqlx::Error> {
    let (ids, fences): (Vec<_>, Vec<_>) = keys.iter().map(|k| (k.id.0, k.fence)).unzip();
    let finished = sqlx::query_scalar!(
        r#"
        with clock as materialized (select app_now() as now),
        gone as (
            delete from tasks t
            using unnest($1::bigint[], $2::bigint[]) as l(id, fence)
            where t.id = l.id and t.fence = l.fence and t.leased_by is not null
            returning t.id, t.queue, t.kind, t.args, t.attempt, t.enqueued_at, t.leased_by,
                      t.started_at, t.batch_id
        )
        insert into finished_tasks (id, queue, kind, args, attempt, enqueued_at, finished_at,
                                    finished_by, started_at, batch_id)
        select gone.id, queue, kind, args, attempt, enqueued_at, clock.now, leased_by,
               started_at, batch_id
        from gone, clock
        returning id
        "#,
        &ids,
        &fences,
    )
    .fetch_all(conn)
    .await?;
    settled.extend(finished.into_iter().map(TaskId));
    Ok(())
}

/// Deletes and inserts again under the same id and fence, so that a pending twin
/// is met as a conflict, where the twin stands for both. Its arguments hold all
/// the returning task knew: it was enqueued later. What the returning task went
/// through goes over to the twin, or a task that is enqueued again during each
/// of its runs would never be dead: attempts, lapses, errors and the backoff,
/// of which [`LONGEST_MERGED_BACKOFF`] at most unless it is a suspect. What may
/// run at once is notified. A task that somebody wanted cancelled while it ran does
/// not come back.
async fn bring_back(
    conn: &mut PgConnection,
    again: &[(LeaseKey, Duration, &Again)],
    holder: Holder,
    settled: &mut Vec<TaskId>,
) -> Result<(), sqlx::Error> {
    let ids: Vec<_> = again.iter().map(|(key, ..)| key.id.0).collect();
    let fences: Vec<_> = again.iter().map(|(key, ..)| key.fence).collect();
    let delays: Vec<_> = again
        .iter()
        .map(|(_, delay, _)| delay.as_secs_f64())
        .collect();
    let counted: Vec<_> = again
        .iter()
        .map(|(.., why)| matches!(why, Again::Failed { .. } | Again::Lapsed { .. }))
        .collect();
    let errors: Vec<_> = again
        .iter()
        .map(|(.., why)| match why {
            Again::Failed { error } | Again::Lapsed { error, .. } => Some(bounded(error)),
            Again::Snoozed | Again::Released => None,
        })
        .collect();
    // A suspect is cleared by whatever end it comes to itself; a release says
    // nothing about it.
    let lapses: Vec<_> = again
        .iter()
        .map(|(.., why)| match why {
            Again::Lapsed { suspect: true, .. } => "one more",
            Again::Lapsed { suspect: false, .. } => "forgiven",
            Again::Released => "as before",
            Again::Failed { .. } | Again::Snoozed => "none",
        })
        .map(str::to_owned)
        .collect();
    let back = sqlx::query!(
        r#"
        with clock as materialized (select app_now() as now),
        free as materialized (
            select id from tasks where $7 and id = any($1) and leased_by is not null
            for update skip locked
        ),
        gone as (
            delete from tasks t
            using unnest($1::bigint[], $2::bigint[], $3::float8[], $4::bool[], $5::text[],
                         $6::text[])
                as l(id, fence, delay, counted, error, lapse)
            where t.id = l.id and t.fence = l.fence and t.leased_by is not null
              and (not $7 or t.lease_until < (select now from clock)
                             and t.id in (select id from free))
            returning t.*, l.delay, l.counted, l.error, l.lapse
        ),
        returned as (
            insert into tasks (id, queue, kind, args, priority, attempt, max_attempts, run_at,
                               fence, lapses, unique_key, enqueued_at, deadline, batch_id, errors)
            overriding system value
            select id, queue, kind, args, priority,
                case when counted then attempt else greatest(attempt - 1, 0) end, max_attempts,
                clock.now + make_interval(secs => delay), fence,
                case lapse when 'one more' then least(lapses + 1, 1000)
                           when 'as before' then lapses else 0 end,
                unique_key, enqueued_at, deadline, batch_id,
                case when error is null then errors
                    else jsonb_path_query_array(errors || (jsonb_build_object(
                            'at', clock.now, 'attempt', attempt, 'worker', leased_by,
                            'error', error)
                            || case when lapse in ('forgiven', 'one more')
                                then '{"lapsed": true}' else '{}' end::jsonb),
                        '$[last - 9 to last]')
                end
            from gone, clock
            where cancel_requested_at is null
            on conflict (kind, unique_key) where lease_until is null and unique_key is not null
            do update set
                attempt = greatest(tasks.attempt, excluded.attempt),
                lapses = greatest(tasks.lapses, excluded.lapses),
                errors = jsonb_path_query_array(excluded.errors || tasks.errors,
                                                '$[last - 9 to last]'),
                priority = least(tasks.priority, excluded.priority),
                deadline = case
                    when tasks.deadline is null or excluded.deadline is null then null
                    else greatest(tasks.deadline, excluded.deadline) end,
                run_at = case
                    when excluded.errors = '[]' and tasks.errors = '[]'
                        then least(tasks.run_at, excluded.run_at)
                    when excluded.errors = '[]' then tasks.run_at
                    when excluded.lapses > 0 then greatest(tasks.run_at, excluded.run_at)
                    else least(excluded.run_at, greatest(tasks.run_at,
                        (select now from clock) + make_interval(secs => $8)))
                    end
        ),
        cancelled as (
            insert into finished_tasks (id, queue, kind, args, attempt, enqueued_at, finished_at,
                                        finished_by, started_at, batch_id, outcome, errors)
            select id, queue, kind, args, attempt, enqueued_at, clock.now, leased_by, started_at,
                   batch_id, 'cancelled', errors
            from gone, clock
            where cancel_requested_at is not null
        )
        select id as "id!", (select count(*) from (
            select pg_notify($9, at_once.queue) from (
                select distinct queue from gone where delay = 0
            ) at_once
        ) notified) as "notified!"
        from gone
        "#,
        &ids,
        &fences,
        &delays,
        &counted,
        &errors as &[Option<String>],
        &lapses,
        matches!(holder, Holder::Rescuer),
        LONGEST_MERGED_BACKOFF.as_secs_f64(),
        CHANNEL,
    )
    .fetch_all(conn)
    .await?;
    settled.extend(back.into_iter().map(|row| TaskId(row.id)));
    Ok(())
}

async fn bury(
    conn: &mut PgConnection,
    dead: &[(LeaseKey, DeathReason, &str)],
    holder: Holder,
    settled: &mut Vec<TaskId>,
) -> Result<(), sqlx::Error> {
    let ids: Vec<_> = dead.iter().map(|(key, ..)| key.id.0).collect();
    let fences: Vec<_> = dead.iter().map(|(key, ..)| key.fence).collect();
    let reasons: Vec<_> = dead
        .iter()
        .map(|(_, reason, _)| reason.as_str().to_owned())
        .collect();
    let errors: Vec<_> = dead.iter().map(|(.., error)| bounded(error)).collect();
    let buried = sqlx::query_scalar!(
        r#"
        with clock as materialized (select app_now() as now),
        free as materialized (
            select id from tasks where $5 and id = any($1) and leased_by is not null
            for update skip locked
        ),
        gone as (
            delete from tasks t
            using unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[])
                as l(id, fence, reason, error)
            where t.id = l.id and t.fence = l.fence and t.leased_by is not null
              and (not $5 or t.lease_until < (select now from clock)
                             and t.id in (select id from free))
            returning t.*, l.reason, l.error
        ),
        cancelled as (
            insert into finished_tasks (id, queue, kind, args, attempt, enqueued_at, finished_at,
                                        finished_by, started_at, batch_id, outcome, errors)
            select id, queue, kind, args, attempt, enqueued_at, clock.now, leased_by, started_at,
                   batch_id, 'cancelled', errors
            from gone, clock
            where cancel_requested_at is not null
        ),
        buried as (
            insert into dead_tasks (id, queue, kind, args, priority, attempt, max_attempts, unique_key,
                                    reason, started_at, batch_id, fence, errors, enqueued_at, died_at)
            select id, queue, kind, args, priority, attempt, max_attempts, unique_key, reason,
                started_at, batch_id, fence,
                jsonb_path_query_array(errors || jsonb_build_object(
                    'at', clock.now, 'attempt', attempt, 'worker', leased_by,
                    'error', error), '$[last - 9 to last]'),
                enqueued_at, clock.now
            from gone, clock
            where cancel_requested_at is null
        )
        select id as "id!" from gone
        "#,
        &ids,
        &fences,
        &reasons,
        &errors,
        matches!(holder, Holder::Rescuer),
    )
    .fetch_all(conn)
    .await?;
    settled.extend(buried.into_iter().map(TaskId));
    Ok(())
}

/// The first thousand characters, without NUL, which jsonb cannot hold.
fn bounded(error: &str) -> String {
    error.chars().filter(|c| *c != '\0').take(1000).collect()
}
