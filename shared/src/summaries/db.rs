//! SQL of weekly summaries. Weeks are named by their Monday, days are those of UTC; the
//! jobs are those of the employer's analytics.

use chrono::NaiveDate;
use sqlx::PgConnection;
use uuid::Uuid;

use super::emails::JobFacts;
use crate::Result;

/// The next accounts of employers, in the order of their ids, that have live jobs, or had
/// applications in that week.
pub(super) async fn employers_with_news(
    conn: &mut PgConnection,
    week: NaiveDate,
    after: Option<Uuid>,
    most: i64,
) -> Result<Vec<Uuid>> {
    let accounts = sqlx::query_scalar!(
        "select e.user_id
         from employer_profiles e
         join users u on u.id = e.user_id
         cross join lateral (select companies_worked_for(e.id, 'recruiter') as companies) works
         where ($1::uuid is null or e.user_id > $1) and u.is_active
           and exists (
               select from jobs j
               where is_job_of(j, e.id, works.companies)
                 and (is_live(j, (select app_now()))
                      or exists (select from applications a
                                 where a.job_id = j.id
                                   and a.applied_at >= $2::date::timestamp at time zone 'UTC'
                                   and a.applied_at < ($2::date + 7)::timestamp at time zone 'UTC')))
         order by e.user_id limit $3",
        after,
        week,
        most,
    )
    .fetch_all(conn)
    .await?;
    Ok(accounts)
}

/// Gives the summaries that were not there before, with their accounts in the order of
/// these.
pub(super) async fn insert(
    conn: &mut PgConnection,
    week: NaiveDate,
    accounts: &[Uuid],
) -> Result<Vec<(Uuid, Uuid)>> {
    let rows = sqlx::query!(
        "insert into employer_summaries (user_id, week)
         select account, $1 from unnest($2::uuid[]) account order by account
         on conflict on constraint employer_summaries_once_key do nothing
         returning id, user_id",
        week,
        accounts,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.user_id)).collect())
}

/// Forgets those of more than so many weeks before; in a week one is added at most for
/// each account, and so many go.
pub(super) async fn forget_old(
    conn: &mut PgConnection,
    week: NaiveDate,
    weeks_kept: i32,
) -> Result<()> {
    sqlx::query!(
        "delete from employer_summaries where week < $1::date - 7 * $2::integer",
        week,
        weeks_kept,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The week and the employer's profile.
pub(super) async fn subject(
    conn: &mut PgConnection,
    summary_id: Uuid,
) -> Result<Option<(NaiveDate, Uuid)>> {
    let row = sqlx::query!(
        "select s.week, e.id from employer_summaries s
         join employer_profiles e on e.user_id = s.user_id
         where s.id = $1",
        summary_id,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| (row.week, row.id)))
}

/// How many jobs are live now, and how many applications nobody has looked at.
pub(super) async fn standing(conn: &mut PgConnection, employer_id: Uuid) -> Result<(i64, i64)> {
    let row = sqlx::query!(
        r#"with own as materialized (
               select j.id, is_live(j, (select app_now())) as is_live from jobs j
               where is_job_of(j, $1, (select companies_worked_for($1, 'recruiter'))))
           select count(*) filter (where is_live) as "live_jobs!",
                  (select count(*) from own o join applications a on a.job_id = o.id
                   where a.status = 'pending') as "waiting!"
           from own"#,
        employer_id,
    )
    .fetch_one(conn)
    .await?;
    Ok((row.live_jobs, row.waiting))
}

/// The jobs that most people applied for in that week.
pub(super) async fn most_wanted(
    conn: &mut PgConnection,
    employer_id: Uuid,
    week: NaiveDate,
    most: i64,
) -> Result<Vec<JobFacts>> {
    let jobs = sqlx::query_as!(
        JobFacts,
        r#"select j.id as job_id, j.title, count(*) as "applications!"
           from jobs j join applications a on a.job_id = j.id
           where is_job_of(j, $1, (select companies_worked_for($1, 'recruiter')))
             and a.applied_at >= $2::date::timestamp at time zone 'UTC'
             and a.applied_at < ($2::date + 7)::timestamp at time zone 'UTC'
           group by j.id
           order by 3 desc, j.id limit $3"#,
        employer_id,
        week,
        most,
    )
    .fetch_all(conn)
    .await?;
    Ok(jobs)
}
