//! What models are made of, and where they are kept.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::super::{CandidateFacts, ModelHead, Pay, fit::Deed, model::JobText, profile::EventKind};
use crate::Result;

/// Texts of the newest `limit` live jobs, in order of their ids. Of a long text
/// only the first 8,000 characters.
pub async fn live_job_texts(conn: &mut PgConnection, limit: i64) -> Result<Vec<JobText>> {
    let texts = sqlx::query_as!(
        JobText,
        r#"with live as (
               select j.* from jobs j
               where is_live(j, (select app_now()))
               order by j.published_at desc, j.id desc limit $1
           )
           select j.id, j.company_id, j.title,
                  left(concat_ws(' ', j.description, j.requirements, j.responsibilities), 8000) as "description!",
                  j.location, j.is_remote, k.name as "category?", c.normalized_name as "company!",
                  array(select s.slug from job_skills js join skills s on s.id = js.skill_id
                        where js.job_id = j.id order by s.slug) as "skills!"
           from live j join companies c on c.id = j.company_id left join categories k on k.id = j.category_id
           order by j.id"#,
        limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(texts)
}

/// How much longer than the making of its key a row may take to be committed.
pub const LATE_COMMITS: Duration = Duration::from_secs(600);

/// Up to `limit` live jobs that were added (or up to `margin` before that) or
/// published after `since`.
pub async fn jobs_since(
    conn: &mut PgConnection,
    since: DateTime<Utc>,
    margin: Duration,
    limit: i64,
) -> Result<Vec<Uuid>> {
    // By the time inside the key too, for an import dates its jobs back.
    let ids = sqlx::query_scalar!(
        r#"select j.id from (
               select id from jobs where id > uuid_v7_floor($1::timestamptz - make_interval(secs => $3))
               union
               select id from jobs where status = 'published' and published_at > $1
           ) recent
           join jobs j using (id)
           where is_live(j, (select app_now()))
           order by j.id limit $2"#,
        since,
        limit,
        margin.as_secs_f64(),
    )
    .fetch_all(conn)
    .await?;
    Ok(ids)
}

/// Whether more than a tenth of the live jobs came after the last fit, or there
/// was none.
pub async fn is_stale(conn: &mut PgConnection) -> Result<bool> {
    let last = sqlx::query!(
        "select fitted_at, job_count from recommendation_models
         order by fitted_at desc, version desc limit 1"
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(last) = last else { return Ok(true) };
    let few = i64::from(last.job_count / 10);
    let new = jobs_since(conn, last.fitted_at, Duration::ZERO, few + 1).await?;
    Ok(new.len() as i64 > few)
}

/// Texts of these jobs, live or not, in order of their ids. Without their long
/// texts they still tell what a user is after.
pub async fn job_texts(
    conn: &mut PgConnection,
    job_ids: &[Uuid],
    with_description: bool,
) -> Result<Vec<JobText>> {
    let texts = sqlx::query_as!(
        JobText,
        r#"select j.id, j.company_id, j.title,
                  case when $2 then left(concat_ws(' ', j.description, j.requirements, j.responsibilities), 8000)
                  else '' end as "description!",
                  j.location, j.is_remote, k.name as "category?", c.normalized_name as "company!",
                  array(select s.slug from job_skills js join skills s on s.id = js.skill_id
                        where js.job_id = j.id order by s.slug) as "skills!"
           from jobs j join companies c on c.id = j.company_id left join categories k on k.id = j.category_id
           where j.id = any($1)
           order by j.id"#,
        job_ids,
        with_description,
    )
    .fetch_all(conn)
    .await?;
    Ok(texts)
}

/// Models that stay: those to go back to, and those of tasks still under way.
const KEPT_MODELS: i64 = 5;

/// Keeps a fitted model and puts it into use. The oldest goes.
pub async fn store_model(
    conn: &mut PgConnection,
    head: ModelHead,
    job_count: usize,
    term_count: usize,
    content: &[u8],
) -> Result<()> {
    sqlx::query!(
        "insert into recommendation_models (version, fitted_at, job_count, term_count, content)
         values ($1, $2, $3, $4, $5)",
        head.version,
        head.fitted_at,
        i32::try_from(job_count).unwrap_or(i32::MAX),
        i32::try_from(term_count).unwrap_or(i32::MAX),
        content,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "delete from recommendation_models where version not in (
             select version from recommendation_models order by fitted_at desc, version desc limit $1)",
        KEPT_MODELS,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The model in use.
pub async fn latest_head(conn: &mut PgConnection) -> Result<Option<ModelHead>> {
    let head = sqlx::query_as!(
        ModelHead,
        "select version, fitted_at from recommendation_models
         order by activated_at desc, version desc limit 1"
    )
    .fetch_optional(conn)
    .await?;
    Ok(head)
}

/// Puts a kept model into use, until the next fit; false where it is gone.
pub async fn activate_model(conn: &mut PgConnection, version: Uuid) -> Result<bool> {
    let activated = sqlx::query!(
        "update recommendation_models set activated_at = app_now() where version = $1",
        version
    )
    .execute(conn)
    .await?;
    Ok(activated.rows_affected() == 1)
}

/// What people who allow the use of it did with jobs in the last `days`, the latest
/// `limit` of it.
pub async fn deeds(conn: &mut PgConnection, days: i32, limit: i64) -> Result<Vec<Deed>> {
    let rows = sqlx::query!(
        r#"select e.user_id as "user_id!", e.job_id as "job_id!", e.strength as "strength!",
                  (extract(epoch from app_now() - e.at) / 86400)::float8 as "age_days!"
           from (
               select applicant_id as user_id, job_id, 3 as strength, applied_at as at
               from applications where status <> 'withdrawn'
               union all
               select user_id, job_id, 2, created_at from saved_jobs
               union all
               select user_id, job_id, case when duration_seconds < 10 then 0 else 1 end, viewed_at
               from job_views where user_id is not null
           ) e
           where e.at > (select app_now()) - make_interval(days => $1)
             and not exists (select from freelancer_profiles p
                             where p.user_id = e.user_id and not p.personalised)
           order by e.at desc, e.user_id, e.job_id, e.strength desc
           limit $2"#,
        days,
        limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Deed {
            user_id: row.user_id,
            job_id: row.job_id,
            kind: EventKind::of_strength(row.strength),
            age_days: row.age_days,
        })
        .collect())
}

/// The jobs that trend most.
pub async fn most_trending(conn: &mut PgConnection, limit: i64) -> Result<Vec<Uuid>> {
    let ids = sqlx::query_scalar!(
        "select t.job_id from job_trending t join jobs j on j.id = t.job_id
         where is_live(j, (select app_now()))
         order by t.rank desc, t.job_id limit $1",
        limit
    )
    .fetch_all(conn)
    .await?;
    Ok(ids)
}

/// A model's content, unless it is gone.
pub async fn load_model(
    conn: &mut PgConnection,
    version: Uuid,
) -> Result<Option<(ModelHead, Vec<u8>)>> {
    let row = sqlx::query!(
        "select version, fitted_at, content from recommendation_models where version = $1",
        version
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| {
        let head = ModelHead {
            version: row.version,
            fitted_at: row.fitted_at,
        };
        (head, row.content)
    }))
}

/// The last id of each block of `size` freelancers who were active since.
pub async fn active_user_blocks(
    conn: &mut PgConnection,
    since: DateTime<Utc>,
    size: i64,
) -> Result<Vec<Uuid>> {
    let ends = sqlx::query_scalar!(
        r#"select user_id as "user_id!" from (
               select user_id, row_number() over (order by user_id) as number, count(*) over () as total
               from active_freelancers($1)
           ) numbered
           where number % $2 = 0 or number = total
           order by user_id"#,
        since,
        size,
    )
    .fetch_all(conn)
    .await?;
    Ok(ends)
}

/// Those of the jobs that are live.
pub async fn live_of(conn: &mut PgConnection, job_ids: &[Uuid]) -> Result<HashSet<Uuid>> {
    let live = sqlx::query_scalar!(
        "select id from jobs j where id = any($1) and is_live(j, (select app_now()))",
        job_ids,
    )
    .fetch_all(conn)
    .await?;
    Ok(live.into_iter().collect())
}

/// Of these jobs the live ones, with what a list and its reasons need.
pub async fn candidate_facts(
    conn: &mut PgConnection,
    job_ids: &[Uuid],
    half_life_seconds: f64,
) -> Result<HashMap<Uuid, CandidateFacts>> {
    let rows = sqlx::query!(
        r#"select j.id, j.location, k.name as "category?",
                  coalesce(trending_worth(t.score, t.scored_at, $2), 0) as "trending!",
                  coalesce(j.yearly_salary_max, j.yearly_salary_min)::float8 as yearly_pay,
                  j.salary_currency, j.is_remote and not j.is_hybrid as "is_remote!",
                  coalesce(a.recent, 0) as "recent_applications!",
                  extract(epoch from (select app_now()) - j.published_at)::float8 / 86400 as "age_days!"
           from jobs j
           left join categories k on k.id = j.category_id
           left join job_trending t on t.job_id = j.id
           left join (select job_id, count(*) as recent from applications
                      where job_id = any($1) and applied_at > (select app_now()) - interval '7 days'
                      group by job_id) a on a.job_id = j.id
           where j.id = any($1)
             and is_live(j, (select app_now()))"#,
        job_ids,
        half_life_seconds,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let facts = CandidateFacts {
                location: row.location,
                category: row.category,
                trending: row.trending,
                recent_applications: row.recent_applications,
                age_days: row.age_days,
                pay: row.yearly_pay.map(|yearly| Pay {
                    yearly,
                    currency: row.salary_currency,
                }),
                is_remote: row.is_remote,
            };
            (row.id, facts)
        })
        .collect())
}
