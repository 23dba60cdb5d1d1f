//! SQL of the analytics. Days are those of UTC.

use chrono::NaiveDate;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Counts, Filter, Range};
use crate::{Result, employers::CompanyRole};

type Day = (NaiveDate, Counts);

pub async fn today(conn: &mut PgConnection) -> Result<NaiveDate> {
    let today = sqlx::query_scalar!(r#"select (app_now() at time zone 'UTC')::date as "today!""#)
        .fetch_one(conn)
        .await?;
    Ok(today)
}

/// What an employer may do for a job, anybody everything; none where there is no such
/// job for them.
pub(super) async fn role_for_job(
    conn: &mut PgConnection,
    job_id: Uuid,
    employer_id: Option<Uuid>,
) -> Result<Option<CompanyRole>> {
    let role = sqlx::query_scalar!(
        r#"select case when $2::uuid is null then 'owner'
                  else role_in_company(company_id, employer_id, $2) end as "role: CompanyRole"
           from jobs where id = $1"#,
        job_id,
        employer_id,
    )
    .fetch_optional(conn)
    .await?;
    Ok(role.flatten())
}

/// From which day on the events themselves are counted. Days are rolled up one after
/// the other from the first event on, so all before the last one rolled up are done.
pub(super) async fn first_live_day(conn: &mut PgConnection, range: Range) -> Result<NaiveDate> {
    let day = sqlx::query_scalar!(
        r#"select greatest($1::date, (select max(day) + 1 from board_day_counts)) as "day!""#,
        range.from,
    )
    .fetch_one(conn)
    .await?;
    Ok(day)
}

/// The whole board's days before `until`.
pub(super) async fn board_days(
    conn: &mut PgConnection,
    range: Range,
    until: NaiveDate,
) -> Result<Vec<Day>> {
    let rows = sqlx::query!(
        "select day, postings, views, applications, hire_seconds
         from board_day_counts where day >= $1 and day < $2",
        range.from,
        until,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let counts = Counts {
                postings: row.postings.into(),
                views: row.views,
                applications: row.applications.into(),
                hire_seconds: row.hire_seconds,
            };
            (row.day, counts)
        })
        .collect())
}

/// The days before `until` of the jobs that fit.
pub(super) async fn job_days(
    conn: &mut PgConnection,
    filter: Filter,
    range: Range,
    until: NaiveDate,
) -> Result<Vec<Day>> {
    let rows = sqlx::query!(
        r#"with fitting as materialized (
               select c.day, c.postings, c.views, c.applications, c.hire_seconds
               from jobs j join job_day_counts c on c.job_id = j.id
               where ($1::uuid is null
                      or is_job_of(j, $1, (select companies_worked_for($1, 'recruiter'))))
                 and ($2::uuid is null or j.id = $2)
                 and c.day >= $3 and c.day < $4),
           hired as (
               select day, array_agg(seconds) as seconds
               from fitting, unnest(hire_seconds) as seconds group by day)
           select f.day as "day!", sum(f.postings)::bigint as "postings!",
               sum(f.views)::bigint as "views!", sum(f.applications)::bigint as "applications!",
               coalesce((select seconds from hired h where h.day = f.day), '{}') as "hire_seconds!"
           from fitting f
           group by f.day"#,
        filter.employer_id,
        filter.job_id,
        range.from,
        until,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let counts = Counts {
                postings: row.postings,
                views: row.views,
                applications: row.applications,
                hire_seconds: row.hire_seconds,
            };
            (row.day, counts)
        })
        .collect())
}

/// The days from `from` to the end of the range, counted from the events.
pub(super) async fn live_days(
    conn: &mut PgConnection,
    filter: Filter,
    range: Range,
    from: NaiveDate,
) -> Result<Vec<Day>> {
    if from > range.to {
        return Ok(Vec::new());
    }
    let rows = sqlx::query!(
        r#"select e.day as "day!", sum(e.postings)::bigint as "postings!",
               sum(e.views)::bigint as "views!", sum(e.applications)::bigint as "applications!",
               coalesce(array_agg(e.hire_seconds) filter (where e.hire_seconds is not null), '{}')
                   as "hire_seconds!"
           from job_events($3::date::timestamp at time zone 'UTC',
                           ($4::date + 1)::timestamp at time zone 'UTC') e
           where ($1::uuid is null
                  or exists (select from jobs j where j.id = e.job_id
                      and is_job_of(j, $1, (select companies_worked_for($1, 'recruiter')))))
             and ($2::uuid is null or e.job_id = $2)
           group by e.day"#,
        filter.employer_id,
        filter.job_id,
        from,
        range.to,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let counts = Counts {
                postings: row.postings,
                views: row.views,
                applications: row.applications,
                hire_seconds: row.hire_seconds,
            };
            (row.day, counts)
        })
        .collect())
}

/// Lets one roll-up run at a time.
pub(super) async fn lock(conn: &mut PgConnection) -> Result<()> {
    sqlx::query!("select pg_advisory_xact_lock(hashtext('analytics.roll_up'), 0)")
        .fetch_one(conn)
        .await?;
    Ok(())
}

/// Days that are over and not rolled up, from the first event on, the oldest first.
pub(super) async fn missing_days(conn: &mut PgConnection, limit: usize) -> Result<Vec<NaiveDate>> {
    let days = sqlx::query_scalar!(
        r#"with first as (
               select least(
                   (select min(published_at) from jobs where published_at is not null),
                   (select min(viewed_at) from job_views),
                   (select min(applied_at) from applications)) as at)
           select wanted::date as "day!"
           from first, generate_series(
               date_trunc('day', greatest(first.at, app_now() - interval '3660 days') at time zone 'UTC'),
               date_trunc('day', app_now() at time zone 'UTC') - interval '1 day',
               interval '1 day') as wanted
           where not exists (select from board_day_counts b where b.day = wanted::date)
           order by wanted
           limit $1"#,
        i64::try_from(limit).unwrap_or(i64::MAX),
    )
    .fetch_all(conn)
    .await?;
    Ok(days)
}

/// Counts one day, whatever was counted of it before.
pub(super) async fn roll_up(conn: &mut PgConnection, day: NaiveDate) -> Result<()> {
    sqlx::query!("delete from job_day_counts where day = $1", day)
        .execute(&mut *conn)
        .await?;
    sqlx::query!(
        "insert into job_day_counts (job_id, day, postings, views, applications, hire_seconds)
         select job_id, $1, sum(postings), sum(views), sum(applications),
             coalesce(array_agg(hire_seconds) filter (where hire_seconds is not null), '{}')
         from job_events($1::date::timestamp at time zone 'UTC',
                         ($1::date + 1)::timestamp at time zone 'UTC')
         group by job_id",
        day,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "insert into board_day_counts (day, postings, views, applications, hire_seconds)
         select $1, coalesce(sum(postings), 0), coalesce(sum(views), 0),
             coalesce(sum(applications), 0),
             coalesce((select array_agg(seconds) from job_day_counts c, unnest(c.hire_seconds) seconds
                       where c.day = $1), '{}')
         from job_day_counts where day = $1
         on conflict (day) do update set
             postings = excluded.postings, views = excluded.views,
             applications = excluded.applications, hire_seconds = excluded.hire_seconds",
        day,
    )
    .execute(conn)
    .await?;
    Ok(())
}
