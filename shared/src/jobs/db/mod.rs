//! SQL of jobs.

pub mod list;
pub mod moves;
pub mod questions;
pub mod schedule;
pub mod views;

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

pub use list::{list, list_of_employer, next_expiry, summaries, summaries_of_any};

use super::{
    AdLanguage, ExperienceLevel, Job, JobContent, JobSkill, JobStatus, JobSummary, JobType, Reader,
    SalaryPeriod, SkillWish, Workplace, questions::Question,
};
use crate::{
    Error, Result,
    employers::{CompanyRole, Scope},
};

/// One job with its company, category and skills, if the reader may see it.
pub async fn get(conn: &mut PgConnection, id: Uuid, reader: Reader) -> Result<Job> {
    let (any, employer_id) = match reader {
        Reader::Public => (false, None),
        Reader::Manager(scope) => (scope == Scope::Any, scope.employer_id()),
    };
    let row = sqlx::query!(
        r#"
        select j.id, j.employer_id, j.company_id, c.name as company_name, c.slug as company_slug,
            c.logo_url as company_logo_url, j.category_id, k.name as "category_name?",
            k.slug as "category_slug?", j.title, j.description, j.requirements, j.responsibilities,
            j.benefits, j.location, j.is_remote, j.is_hybrid, j.job_type as "job_type: JobType",
            j.experience_level as "experience_level: ExperienceLevel", j.salary_min, j.salary_max,
            j.salary_currency, j.salary_period as "salary_period: SalaryPeriod",
            j.status as "status: JobStatus", j.view_count, j.application_count, j.save_count,
            j.publish_at, j.published_at, j.expires_at, j.closed_at, j.external_url, j.created_at, j.updated_at,
            j.language as "language: AdLanguage",
            coalesce((
                select jsonb_agg(jsonb_build_object(
                    'skill_id', s.id, 'name', s.name, 'slug', s.slug,
                    'proficiency_level', js.proficiency_level, 'is_required', js.is_required,
                    'years_required', js.years_required::float8) order by lower(s.name), s.id)
                from job_skills js join skills s on s.id = js.skill_id
                where js.job_id = j.id
            ), '[]') as "skills!: Json<Vec<JobSkill>>",
            coalesce((
                select jsonb_agg(jsonb_build_object('id', q.id, 'label', q.label, 'type', q.type,
                    'required', q.required, 'options', q.options) order by q.position)
                from job_questions q
                where q.job_id = j.id
            ), '[]') as "questions!: Json<Vec<Question>>"
        from jobs j
        join companies c on c.id = j.company_id
        left join categories k on k.id = j.category_id
        where j.id = $1 and ($2 or is_live(j, (select app_now()))
            or role_in_company(j.company_id, j.employer_id, $3) is not null)
        "#,
        id,
        any,
        employer_id
    )
    .fetch_optional(conn)
    .await?
    .ok_or(Error::NotFound("job"))?;
    Ok(Job {
        summary: JobSummary {
            id: row.id,
            employer_id: row.employer_id,
            company_id: row.company_id,
            company_name: row.company_name,
            company_slug: row.company_slug,
            company_logo_url: row.company_logo_url,
            category_id: row.category_id,
            category_name: row.category_name,
            category_slug: row.category_slug,
            title: row.title,
            location: row.location,
            is_remote: row.is_remote,
            is_hybrid: row.is_hybrid,
            job_type: row.job_type,
            experience_level: row.experience_level,
            salary_min: row.salary_min,
            salary_max: row.salary_max,
            salary_currency: row.salary_currency,
            salary_period: row.salary_period,
            status: row.status,
            view_count: row.view_count,
            application_count: row.application_count,
            save_count: row.save_count,
            publish_at: row.publish_at,
            published_at: row.published_at,
            expires_at: row.expires_at,
            closed_at: row.closed_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
        },
        description: row.description,
        requirements: row.requirements,
        responsibilities: row.responsibilities,
        benefits: row.benefits,
        language: row.language,
        external_url: row.external_url,
        skills: row.skills.0,
        questions: row.questions.0,
    })
}

/// What the scope may do with a job of it.
pub async fn role(conn: &mut PgConnection, id: Uuid, scope: Scope) -> Result<CompanyRole> {
    sqlx::query_scalar!(
        r#"
        select case when $2 then 'owner' else role_in_company(company_id, employer_id, $3) end
            as "role!: CompanyRole"
        from jobs
        where id = $1 and ($2 or role_in_company(company_id, employer_id, $3) is not null)
        "#,
        id,
        scope == Scope::Any,
        scope.employer_id()
    )
    .fetch_optional(conn)
    .await?
    .ok_or(Error::NotFound("job"))
}

/// Locks a job of the scope against other changes until the end of the transaction;
/// what the scope may do with it.
pub async fn lock(conn: &mut PgConnection, id: Uuid, scope: Scope) -> Result<CompanyRole> {
    sqlx::query_scalar!(
        r#"
        select case when $2 then 'owner' else role_in_company(company_id, employer_id, $3) end
            as "role!: CompanyRole"
        from jobs
        where id = $1 and ($2 or role_in_company(company_id, employer_id, $3) is not null)
        for no key update
        "#,
        id,
        scope == Scope::Any,
        scope.employer_id()
    )
    .fetch_optional(conn)
    .await?
    .ok_or(Error::NotFound("job"))
}

/// Like [`lock`], and waits for applications that are being made.
pub async fn lock_for_delete(
    conn: &mut PgConnection,
    id: Uuid,
    scope: Scope,
) -> Result<CompanyRole> {
    sqlx::query_scalar!(
        r#"
        select case when $2 then 'owner' else role_in_company(company_id, employer_id, $3) end
            as "role!: CompanyRole"
        from jobs
        where id = $1 and ($2 or role_in_company(company_id, employer_id, $3) is not null)
        for update
        "#,
        id,
        scope == Scope::Any,
        scope.employer_id()
    )
    .fetch_optional(conn)
    .await?
    .ok_or(Error::NotFound("job"))
}

/// What is written of a job, whole.
#[derive(Debug)]
pub struct JobRow<'a> {
    pub company_id: Uuid,
    pub category_id: Option<Uuid>,
    pub content: &'a JobContent,
    pub publish_at: Option<DateTime<Utc>>,
    pub status: JobStatus,
}

pub async fn insert(
    conn: &mut PgConnection,
    employer_id: Option<Uuid>,
    job: &JobRow<'_>,
) -> Result<Uuid> {
    let content = job.content;
    let id = sqlx::query_scalar!(
        r#"
        insert into jobs (employer_id, company_id, category_id, title, description, requirements,
            responsibilities, benefits, location, is_remote, job_type, experience_level, salary_min,
            salary_max, salary_currency, salary_period, expires_at, status, publish_at, published_at, is_hybrid,
            language)
        values ($1, $2, $3, btrim($4), $5, $6, $7, $8, btrim($9), $10, $11, $12, $13, $14, $15, $16, $17, $18,
            $19, case when $18 = 'published'::job_status then app_now() end, $20, $21)
        returning id
        "#,
        employer_id,
        job.company_id,
        job.category_id,
        content.title,
        content.description,
        content.requirements,
        content.responsibilities,
        content.benefits,
        content.location,
        content.is_remote,
        content.job_type as JobType,
        content.experience_level as Option<ExperienceLevel>,
        content.salary_min,
        content.salary_max,
        content.salary_currency,
        content.salary_period as SalaryPeriod,
        content.expires_at,
        job.status as JobStatus,
        job.publish_at,
        content.workplace == Workplace::Hybrid,
        content.language as Option<AdLanguage>,
    )
    .fetch_one(conn)
    .await?;
    Ok(id)
}

/// Writes a whole job. The first publication dates it; a later one does not make it
/// new. A job that moves to another company goes to the employer of that company.
pub async fn update(
    conn: &mut PgConnection,
    id: Uuid,
    scope: Scope,
    job: &JobRow<'_>,
) -> Result<()> {
    let content = job.content;
    let done = sqlx::query!(
        r#"
        update jobs set company_id = $4,
            employer_id = case when company_id <> $4
                then (select c.employer_id from companies c where c.id = $4) else employer_id end,
            category_id = $5, title = btrim($6), description = $7,
            requirements = $8, responsibilities = $9, benefits = $10, location = btrim($11),
            is_remote = $12, job_type = $13, experience_level = $14, salary_min = $15,
            salary_max = $16, salary_currency = $17, salary_period = $18, expires_at = $19, status = $20,
            publish_at = $21, is_hybrid = $22, language = $23,
            published_at = case when $20 = 'published'::job_status then coalesce(published_at, app_now())
                else published_at end,
            closed_at = case when $20 in ('closed'::job_status, 'archived') then coalesce(closed_at, app_now()) end
        where id = $1 and ($2 or role_in_company(company_id, employer_id, $3) <= 'recruiter')
        "#,
        id,
        scope == Scope::Any,
        scope.employer_id(),
        job.company_id,
        job.category_id,
        content.title,
        content.description,
        content.requirements,
        content.responsibilities,
        content.benefits,
        content.location,
        content.is_remote,
        content.job_type as JobType,
        content.experience_level as Option<ExperienceLevel>,
        content.salary_min,
        content.salary_max,
        content.salary_currency,
        content.salary_period as SalaryPeriod,
        content.expires_at,
        job.status as JobStatus,
        job.publish_at,
        content.workplace == Workplace::Hybrid,
        content.language as Option<AdLanguage>,
    )
    .execute(conn)
    .await?;
    if done.rows_affected() == 0 {
        return Err(Error::NotFound("job"));
    }
    Ok(())
}

/// Makes the job ask for exactly these skills, if it is of the scope.
pub async fn replace_skills(
    conn: &mut PgConnection,
    job_id: Uuid,
    scope: Scope,
    skills: &[(Uuid, &SkillWish)],
) -> Result<()> {
    let ids: Vec<Uuid> = skills.iter().map(|(id, _)| *id).collect();
    sqlx::query!(
        r#"
        delete from job_skills
        where job_id = (
                select id from jobs
                where id = $1 and ($3 or role_in_company(company_id, employer_id, $4) <= 'recruiter')
            )
            and skill_id <> all($2)
        "#,
        job_id,
        &ids,
        scope == Scope::Any,
        scope.employer_id()
    )
    .execute(&mut *conn)
    .await?;
    if skills.is_empty() {
        return Ok(());
    }
    let levels: Vec<_> = skills.iter().map(|(_, w)| w.proficiency_level).collect();
    let required: Vec<bool> = skills.iter().map(|(_, w)| w.is_required).collect();
    let years: Vec<_> = skills.iter().map(|(_, w)| w.years_required).collect();
    sqlx::query!(
        r#"
        insert into job_skills (job_id, skill_id, proficiency_level, is_required, years_required)
        select j.id, wanted.skill_id, wanted.level, wanted.required, wanted.years
        from jobs j, unnest($2::uuid[], $3::proficiency_level[], $4::boolean[], $5::float8[])
            as wanted (skill_id, level, required, years)
        where j.id = $1 and ($6 or role_in_company(j.company_id, j.employer_id, $7) <= 'recruiter')
        on conflict (job_id, skill_id) do update set proficiency_level = excluded.proficiency_level,
            is_required = excluded.is_required, years_required = excluded.years_required
        "#,
        job_id,
        &ids,
        &levels as _,
        &required,
        &years as _,
        scope == Scope::Any,
        scope.employer_id()
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn has_applications(conn: &mut PgConnection, id: Uuid, scope: Scope) -> Result<bool> {
    let any = sqlx::query_scalar!(
        r#"
        select exists (
            select from applications a join jobs j on j.id = a.job_id
            where a.job_id = $1 and ($2 or role_in_company(j.company_id, j.employer_id, $3) is not null)
        ) as "any!"
        "#,
        id,
        scope == Scope::Any,
        scope.employer_id()
    )
    .fetch_one(conn)
    .await?;
    Ok(any)
}

pub async fn delete(conn: &mut PgConnection, id: Uuid, scope: Scope) -> Result<()> {
    sqlx::query!(
        "delete from jobs
         where id = $1 and ($2 or role_in_company(company_id, employer_id, $3) <= 'recruiter')",
        id,
        scope == Scope::Any,
        scope.employer_id()
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Published jobs of the employer of this job; 0, if it has none.
pub async fn active_jobs_of_employer(conn: &mut PgConnection, job_id: Uuid) -> Result<i64> {
    let active = sqlx::query_scalar!(
        "select e.active_jobs_count from jobs j
         join employer_profiles e on e.id = j.employer_id
         where j.id = $1",
        job_id
    )
    .fetch_optional(conn)
    .await?;
    Ok(active.map_or(0, i64::from))
}

pub async fn employer_of_company(
    conn: &mut PgConnection,
    company_id: Uuid,
) -> Result<Option<Uuid>> {
    let employer_id = sqlx::query_scalar!(
        "select employer_id from companies where id = $1",
        company_id
    )
    .fetch_optional(conn)
    .await?;
    Ok(employer_id.flatten())
}

/// By the database's clock, as `expires_at` is read by it everywhere.
pub async fn is_past(conn: &mut PgConnection, time: DateTime<Utc>) -> Result<bool> {
    let past = sqlx::query_scalar!(r#"select $1 <= app_now() as "past!""#, time)
        .fetch_one(conn)
        .await?;
    Ok(past)
}
