//! Signals, scores, and the list of what is trending.

mod areas;

use std::time::Duration;

use sqlx::PgConnection;
use uuid::Uuid;

use super::{Decayed, Folded, SignalKind, Trending, TrendingFilter, Weights};
use crate::Result;

pub(super) async fn insert_signal(
    conn: &mut PgConnection,
    job_id: Uuid,
    kind: SignalKind,
) -> Result<()> {
    sqlx::query!(
        "insert into job_signals (job_id, kind) values ($1, $2)",
        job_id,
        kind as SignalKind,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes up to `limit` signals and adds them to the jobs' scores and view counts.
/// To be run in one transaction: signals vanish together with their effect, so
/// each counts once however often the task is run. Signals that another
/// transaction is counting are left to it.
pub async fn fold_signals(
    conn: &mut PgConnection,
    limit: i64,
    weights: &Weights,
) -> Result<Folded> {
    let half_life = weights.half_life.as_secs_f64();
    let taken = sqlx::query!(
        r#"with taken as (
               delete from job_signals
               where id in (select id from job_signals order by id limit $1 for update skip locked)
               returning job_id, kind, occurred_at
           )
           select job_id, count(*) as "signals!",
                  (count(*) filter (where kind = 'view'))::int as "views!",
                  -- The bound keeps power() from an underflow error on ancient events.
                  sum(case kind when 'view' then $2::float8 when 'save' then $3::float8 else $4::float8 end
                      * power(0.5::float8, least(1000, extract(epoch from app_now() - occurred_at)::float8 / $5)))
                  as "added!"
           from taken group by job_id order by job_id"#,
        limit,
        weights.view,
        weights.save,
        weights.application,
        half_life,
    )
    .fetch_all(&mut *conn)
    .await?;
    let folded = Folded {
        signals: taken.iter().map(|row| row.signals as usize).sum(),
        jobs: taken.len(),
    };
    if taken.is_empty() {
        return Ok(folded);
    }
    let job_ids: Vec<Uuid> = taken.iter().map(|row| row.job_id).collect();
    let views: Vec<i32> = taken.iter().map(|row| row.views).collect();
    let added: Vec<f64> = taken.iter().map(|row| row.added).collect();
    // In one order everywhere, against deadlocks; a job deleted meanwhile drops out.
    sqlx::query_scalar!(
        "select id from jobs where id = any($1) order by id for no key update",
        &job_ids
    )
    .fetch_all(&mut *conn)
    .await?;
    sqlx::query!(
        "update jobs set view_count = view_count + t.views
         from unnest($1::uuid[], $2::int[]) as t(job_id, views)
         where jobs.id = t.job_id and t.views > 0",
        &job_ids,
        &views,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "insert into job_trending as old (job_id, score, scored_at, rank)
         select t.job_id, t.added, app_now(), trending_rank(t.added, app_now(), $3)
         from unnest($1::uuid[], $2::float8[]) as t(job_id, added)
         join jobs on jobs.id = t.job_id
         order by t.job_id
         on conflict (job_id) do update
         set score = trending_worth(old.score, old.scored_at, $3) + excluded.score,
             scored_at = excluded.scored_at,
             rank = trending_rank(
                 trending_worth(old.score, old.scored_at, $3) + excluded.score, excluded.scored_at, $3)",
        &job_ids,
        &added,
        half_life,
    )
    .execute(&mut *conn)
    .await?;
    areas::place(conn, &job_ids).await?;
    Ok(folded)
}

/// Writes down what up to `limit` scores after `after` (in order of job) are worth
/// now, and drops those worth less than `threshold`. The order of the list does
/// not change by it, except after a change of the half-life; rows that have hardly
/// faded are not written at all. Where the jobs are is looked up anew.
pub async fn decay(
    conn: &mut PgConnection,
    after: Option<Uuid>,
    limit: i64,
    half_life: Duration,
    threshold: f64,
) -> Result<Decayed> {
    let row = sqlx::query!(
        r#"with batch as (
               select job_id, trending_worth(score, scored_at, $3) as worth
               from job_trending
               where $1::uuid is null or job_id > $1
               order by job_id limit $2
               for update
           ), pruned as (
               delete from job_trending t using batch b
               where t.job_id = b.job_id and b.worth < $4
               returning t.job_id
           ), faded as (
               update job_trending t
               set score = b.worth, scored_at = app_now(),
                   -- The same within rounding, unless the half-life changed: left
                   -- alone, the update need not touch the index.
                   rank = case when abs(t.rank - trending_rank(b.worth, app_now(), $3)) < 0.001
                          then t.rank else trending_rank(b.worth, app_now(), $3) end
               from batch b
               where t.job_id = b.job_id and b.worth >= $4
                 and (b.worth < 0.9 * t.score or abs(t.rank - trending_rank(b.worth, app_now(), $3)) >= 0.001)
           )
           select coalesce(array_agg(job_id order by job_id), '{}') as "seen!: Vec<Uuid>",
                  (select count(*) from pruned) as "pruned!"
           from batch"#,
        after,
        limit,
        half_life.as_secs_f64(),
        threshold,
    )
    .fetch_one(&mut *conn)
    .await?;
    areas::place(conn, &row.seen).await?;
    Ok(Decayed {
        last: row
            .seen
            .last()
            .copied()
            .filter(|_| row.seen.len() as i64 == limit),
        pruned: row.pruned as u64,
    })
}

/// Live jobs, the most wanted first. Walks the rank index until `limit` jobs pass.
pub async fn list(
    conn: &mut PgConnection,
    filter: &TrendingFilter,
    limit: i64,
    half_life: Duration,
) -> Result<Vec<Trending>> {
    if let Some(areas) = filter.areas() {
        return areas::list(conn, &areas, filter, limit, half_life).await;
    }
    let rows = sqlx::query!(
        r#"select t.job_id, trending_worth(t.score, t.scored_at, $3) as "score!"
           from job_trending t join jobs j on j.id = t.job_id
           where is_live(j, (select app_now()))
             and ($1::boolean is null or j.is_remote = $1)
           order by t.rank desc, t.job_id
           limit $2"#,
        filter.is_remote,
        limit,
        half_life.as_secs_f64(),
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Trending {
            job_id: row.job_id,
            score: row.score,
        })
        .collect())
}
