//! The statements that load the sample data. Rows travel as JSON and become
//! rows of the table's own type, so that each table costs one statement for
//! some thousand rows.

use std::time::Duration;

use chrono::{DateTime, Utc};
use jobboard_shared::trending::Weights;
use serde::Serialize;
use sqlx::{PgConnection, PgPool, Result, types::Json};
use uuid::Uuid;

use super::rows::Rows;

/// Rows of one statement: a few megabytes at most.
const CHUNK: usize = 2_000;

/// One load at a time; held until the transaction ends.
pub(super) async fn lock(conn: &mut PgConnection) -> Result<()> {
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended('jobboard sample data', 0))")
        .execute(conn)
        .await?;
    Ok(())
}

/// The sample board's accounts are its mark.
pub(super) async fn is_loaded(conn: &mut PgConnection) -> Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from users where email = 'freelancer0001@example.invalid') as "is_loaded!""#
    )
    .fetch_one(conn)
    .await
}

pub(super) async fn is_first_start(conn: &mut PgConnection) -> Result<bool> {
    sqlx::query_scalar!(r#"select not exists (select from first_start) as "is_first!""#)
        .fetch_one(conn)
        .await
}

pub(super) async fn record_first_start(conn: &mut PgConnection) -> Result<()> {
    sqlx::query!("insert into first_start default values on conflict do nothing")
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn now(conn: &mut PgConnection) -> Result<DateTime<Utc>> {
    sqlx::query_scalar!(r#"select app_now() as "now!""#)
        .fetch_one(conn)
        .await
}

/// None where the address belongs to an account of another role.
pub(super) async fn ensure_user(
    conn: &mut PgConnection,
    email: &str,
    password_hash: &str,
    role: &str,
) -> Result<Option<Uuid>> {
    sqlx::query!(
        "insert into users (email, password_hash, role, account_type, is_verified, is_email_verified)
         values ($1, $2, $3::text::user_role, nullif($3, 'admin')::account_type, true, true)
         on conflict (email) do nothing",
        email,
        password_hash,
        role,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query_scalar!(
        "select id from users where email = $1 and role::text = $2",
        email,
        role
    )
    .fetch_optional(conn)
    .await
}

pub(super) async fn ensure_employer_profile(
    conn: &mut PgConnection,
    user_id: Uuid,
) -> Result<Uuid> {
    sqlx::query!(
        "insert into employer_profiles (user_id) values ($1) on conflict (user_id) do nothing",
        user_id
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query_scalar!(
        "select id from employer_profiles where user_id = $1",
        user_id
    )
    .fetch_one(conn)
    .await
}

pub(super) async fn ensure_freelancer_profile(
    conn: &mut PgConnection,
    user_id: Uuid,
) -> Result<Uuid> {
    sqlx::query!(
        "insert into freelancer_profiles (user_id) values ($1) on conflict (user_id) do nothing",
        user_id
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query_scalar!(
        "select id from freelancer_profiles where user_id = $1",
        user_id
    )
    .fetch_one(conn)
    .await
}

/// All users and the employers' profiles. That of the demonstration account is there
/// and keeps its name.
pub(super) async fn insert_employers(conn: &mut PgConnection, rows: &Rows) -> Result<()> {
    for chunk in rows.users.chunks(CHUNK) {
        sqlx::query!(
            "insert into users (id, email, password_hash, role, account_type, is_verified, is_email_verified,
                 last_login, created_at, updated_at)
             select id, email, password_hash, role, account_type, true, true, last_login, created_at, created_at
             from jsonb_populate_recordset(null::users, $1)",
            Json(chunk) as _
        )
        .execute(&mut *conn)
        .await?;
    }
    sqlx::query!(
        "insert into employer_profiles (id, user_id, first_name, last_name, position_title, verification_status,
             verified_at, created_at, updated_at)
         select id, user_id, first_name, last_name, position_title, 'verified', created_at, created_at, created_at
         from jsonb_populate_recordset(null::employer_profiles, $1)
         on conflict (user_id) do update
         set first_name = coalesce(nullif(employer_profiles.first_name, ''), excluded.first_name),
             last_name = coalesce(nullif(employer_profiles.last_name, ''), excluded.last_name),
             position_title = excluded.position_title",
        Json(&rows.employers) as _
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn insert_companies(conn: &mut PgConnection, rows: &Rows) -> Result<()> {
    sqlx::query!(
        "insert into companies (id, employer_id, name, slug, description, industry, size, headquarters_location,
             office_locations, founded_date, employee_count, is_verified, verified_at, created_at, updated_at)
         select id, employer_id, name, slug, description, industry, size, headquarters_location,
             office_locations, founded_date, employee_count, is_verified, verified_at, created_at, created_at
         from jsonb_populate_recordset(null::companies, $1)",
        Json(&rows.companies) as _
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "update employer_profiles p set primary_company_id = c.id
         from (select distinct on (employer_id) employer_id, id from companies
               where id = any($1) order by employer_id, created_at, id) c
         where p.id = c.employer_id and p.primary_company_id is null",
        &rows
            .companies
            .iter()
            .map(|company| company.id)
            .collect::<Vec<_>>()
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Skills, jobs and what jobs ask for. Counters of employers and categories
/// follow by trigger, and so does that of saves. A category that was renamed leaves its jobs without one.
pub(super) async fn insert_jobs(conn: &mut PgConnection, rows: &Rows) -> Result<()> {
    sqlx::query!(
        "insert into skills (name, slug, category, popularity_score)
         select name, slug, category, popularity_score from jsonb_populate_recordset(null::skills, $1)
         on conflict do nothing",
        Json(&rows.skills) as _
    )
    .execute(&mut *conn)
    .await?;
    for chunk in rows.jobs.chunks(CHUNK) {
        sqlx::query!(
            "insert into jobs (id, employer_id, company_id, category_id, title, description, requirements,
                 responsibilities, benefits, location, is_remote, job_type, experience_level, salary_min, salary_max,
                 salary_currency, salary_period, status, view_count, application_count, published_at,
                 expires_at, closed_at, created_at, updated_at)
             select j.id, j.employer_id, j.company_id, c.id, j.title, j.description, j.requirements,
                 j.responsibilities, j.benefits, j.location, j.is_remote, j.job_type, j.experience_level, j.salary_min,
                 j.salary_max, j.salary_currency, j.salary_period, j.status, j.view_count, j.application_count,
                 j.published_at, j.expires_at, j.closed_at, j.created_at, j.updated_at
             from jsonb_array_elements($1) as sent (fields)
             cross join jsonb_populate_record(null::jobs, sent.fields) as j
             left join categories c on c.slug = sent.fields ->> 'category'",
            Json(chunk) as _
        )
        .execute(&mut *conn)
        .await?;
    }
    sqlx::query!(
        "insert into job_status_changes (job_id, changed_by, from_status, to_status, changed_at)
         select j.id, e.user_id, step.before, step.after, step.at
         from jobs j
         left join employer_profiles e on e.id = j.employer_id
         cross join lateral (values
             (null::job_status, 'draft'::job_status, j.created_at),
             ('draft', 'published', j.published_at),
             ('published', case j.status when 'archived' then j.status else 'closed' end, j.closed_at)
         ) as step (before, after, at)
         where step.at is not null"
    )
    .execute(&mut *conn)
    .await?;
    for chunk in rows.job_skills.chunks(CHUNK) {
        sqlx::query!(
            "insert into job_skills (id, job_id, skill_id, is_required, years_required)
             select sent.id, sent.job_id, s.id, sent.is_required, nullif(sent.years_required, 0)
             from jsonb_to_recordset($1)
                 as sent (id uuid, job_id uuid, skill text, is_required boolean, years_required numeric)
             join skills s on s.slug = sent.skill",
            Json(chunk) as _
        )
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

/// Profiles (that of the demonstration account is there), skills, positions, degrees.
pub(super) async fn insert_freelancers(conn: &mut PgConnection, rows: &Rows) -> Result<()> {
    sqlx::query!(
        "insert into freelancer_profiles (id, user_id, first_name, last_name, bio, title, location,
             service_categories, preferred_locations, hourly_rate_min, hourly_rate_max, rate_currency, is_available,
             is_open_to_remote, time_zones, created_at, updated_at)
         select id, user_id, first_name, last_name, bio, title, location, service_categories,
             preferred_locations, hourly_rate_min, hourly_rate_max, rate_currency, is_available, is_open_to_remote,
             time_zones, created_at, created_at
         from jsonb_populate_recordset(null::freelancer_profiles, $1)
         on conflict (user_id) do update
         set first_name = coalesce(nullif(freelancer_profiles.first_name, ''), excluded.first_name),
             last_name = coalesce(nullif(freelancer_profiles.last_name, ''), excluded.last_name), bio = excluded.bio,
             title = excluded.title, location = excluded.location, service_categories = excluded.service_categories,
             preferred_locations = excluded.preferred_locations, hourly_rate_min = excluded.hourly_rate_min,
             hourly_rate_max = excluded.hourly_rate_max, rate_currency = excluded.rate_currency,
             is_available = excluded.is_available, is_open_to_remote = excluded.is_open_to_remote,
             time_zones = excluded.time_zones",
        Json(&rows.freelancers) as _
    )
    .execute(&mut *conn)
    .await?;
    for chunk in rows.user_skills.chunks(CHUNK) {
        sqlx::query!(
            "insert into user_skills (id, freelancer_profile_id, skill_id, proficiency_level, years_of_experience)
             select sent.id, sent.freelancer_profile_id, s.id, sent.proficiency_level, sent.years_of_experience
             from jsonb_to_recordset($1) as sent (id uuid, freelancer_profile_id uuid, skill text,
                 proficiency_level proficiency_level, years_of_experience numeric)
             join skills s on s.slug = sent.skill
             on conflict (freelancer_profile_id, skill_id) do nothing",
            Json(chunk) as _
        )
        .execute(&mut *conn)
        .await?;
    }
    sqlx::query!(
        "insert into work_experiences (id, freelancer_profile_id, company_name, job_title, location, start_date,
             end_date, is_current)
         select id, freelancer_profile_id, company_name, job_title, location, start_date, end_date, is_current
         from jsonb_populate_recordset(null::work_experiences, $1)",
        Json(&rows.experience) as _
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "insert into educations (id, freelancer_profile_id, institution, degree, field_of_study, start_date, end_date)
         select id, freelancer_profile_id, institution, degree, field_of_study, start_date, end_date
         from jsonb_populate_recordset(null::educations, $1)",
        Json(&rows.education) as _
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn insert_history(conn: &mut PgConnection, rows: &Rows) -> Result<()> {
    for chunk in rows.views.chunks(CHUNK) {
        sqlx::query!(
            "insert into job_views (id, user_id, job_id, duration_seconds, viewed_at)
             select id, user_id, job_id, duration_seconds, viewed_at
             from jsonb_populate_recordset(null::job_views, $1)",
            Json(chunk) as _
        )
        .execute(&mut *conn)
        .await?;
    }
    for chunk in rows.saves.chunks(CHUNK) {
        sqlx::query!(
            "insert into saved_jobs (id, user_id, job_id, created_at)
             select id, user_id, job_id, created_at from jsonb_populate_recordset(null::saved_jobs, $1)",
            Json(chunk) as _
        )
        .execute(&mut *conn)
        .await?;
    }
    for chunk in rows.applications.chunks(CHUNK) {
        insert_applications(conn, chunk).await?;
    }
    for chunk in rows.status_changes.chunks(CHUNK) {
        sqlx::query!(
            "insert into application_status_changes (id, application_id, changed_by, from_status, to_status, changed_at)
             select id, application_id, changed_by, from_status, to_status, changed_at
             from jsonb_populate_recordset(null::application_status_changes, $1)",
            Json(chunk) as _
        )
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

async fn insert_applications<T: Serialize + Sync>(
    conn: &mut PgConnection,
    rows: &[T],
) -> Result<()> {
    sqlx::query!(
        "insert into applications (id, job_id, applicant_id, cover_letter, status, rejection_reason, rating,
             applied_at, reviewed_at, status_changed_at, updated_at)
         select id, job_id, applicant_id, cover_letter, status, rejection_reason, rating, applied_at, reviewed_at,
             status_changed_at, updated_at
         from jsonb_populate_recordset(null::applications, $1)",
        Json(rows) as _
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What the history makes of the jobs' trending scores. Written here and not by
/// way of `job_signals`, for the events are old and the view counts are set.
pub(super) async fn insert_trending(conn: &mut PgConnection, half_life: Duration) -> Result<()> {
    let weights = Weights::new(half_life);
    sqlx::query!(
        "insert into job_trending (job_id, score, scored_at, rank)
         select job_id, score, app_now(), trending_rank(score, app_now(), $1)
         from (
             select e.job_id, sum(trending_worth(e.weight, e.at, $1)) as score
             from (
                 select job_id, $2::float8 as weight, viewed_at as at from job_views
                 union all select job_id, $3, created_at from saved_jobs
                 union all select job_id, $4, applied_at from applications
             ) e
             join jobs j on j.id = e.job_id and j.status = 'published'
             group by e.job_id
         ) s
         where score > 0.05
         on conflict (job_id) do nothing",
        half_life.as_secs_f64(),
        weights.view,
        weights.save,
        weights.application,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The planner's figures are those of empty tables.
pub(super) async fn analyze(db: &PgPool) -> Result<()> {
    sqlx::query!(
        "analyze users, employer_profiles, companies, skills, jobs, job_skills, freelancer_profiles, user_skills,
             job_views, saved_jobs, applications, application_status_changes, job_trending"
    )
    .execute(db)
    .await?;
    Ok(())
}
