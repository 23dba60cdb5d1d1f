//! Every statement on applications. Whoever asks is a parameter: for somebody
//! else's application there is no row.

pub mod moves;

use serde_json::Value;
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

use super::{
    Application, ApplicationFilter, ApplicationStatus, Asker, NewApplication, Side,
    screening::ScreeningAnswer,
};
use crate::{
    Error, Result,
    pagination::{Paging, Slice, Start, TimeCursor},
};

/// A job, locked for the rest of the transaction: it cannot close while somebody
/// applies, and applications for it count one after another.
pub struct LockedJob {
    pub is_live: bool,
}

/// Drafts are not there for applicants.
pub async fn lock_job(conn: &mut PgConnection, job_id: Uuid) -> Result<Option<LockedJob>> {
    Ok(sqlx::query_as!(
        LockedJob,
        r#"select is_live(j, (select app_now())) as "is_live!"
           from jobs j
           where j.id = $1 and j.status <> 'draft'
           for no key update of j"#,
        job_id,
    )
    .fetch_optional(conn)
    .await?)
}

/// The accounts of the employer's side that are told of an application for the job, in
/// their order.
pub async fn employers_told(conn: &mut PgConnection, job_id: Uuid) -> Result<Vec<Uuid>> {
    Ok(sqlx::query_scalar!(
        r#"select t.user_id as "user_id!" from jobs j cross join employers_told(j) t
           where j.id = $1
           order by t.user_id"#,
        job_id,
    )
    .fetch_all(conn)
    .await?)
}

pub async fn insert(
    conn: &mut PgConnection,
    applicant_id: Uuid,
    new: &NewApplication,
    screening: &[ScreeningAnswer],
) -> Result<Uuid> {
    Ok(sqlx::query_scalar!(
        "insert into applications (job_id, applicant_id, cover_letter, resume_url, answers, screening)
         values ($1, $2, $3,
                 coalesce($4, (select resume_url from freelancer_profiles where user_id = $2)), $5, $6)
         returning id",
        new.job_id,
        applicant_id,
        new.cover_letter,
        new.resume_url,
        new.answers,
        Json(screening) as _,
    )
    .fetch_one(conn)
    .await?)
}

/// Until the end of the transaction nobody else applies for this account.
pub async fn lock_applicant(conn: &mut PgConnection, user_id: Uuid) -> Result<()> {
    sqlx::query_scalar!(
        "select id from users where id = $1 for no key update",
        user_id
    )
    .fetch_optional(conn)
    .await?;
    Ok(())
}

/// The seconds until this applicant has sent fewer than `most` applications within
/// 24 hours; none, if that is so now.
pub async fn full_for(
    conn: &mut PgConnection,
    applicant_id: Uuid,
    most: u32,
) -> Result<Option<f64>> {
    Ok(sqlx::query_scalar!(
        r#"select extract(epoch from applied_at + interval '1 day' - app_now())::float8 as "seconds!"
           from applications
           where applicant_id = $1 and applied_at > app_now() - interval '1 day'
           order by applied_at desc, id desc
           limit 1 offset $2"#,
        applicant_id,
        i64::from(most.max(1)) - 1,
    )
    .fetch_optional(conn)
    .await?)
}

pub async fn count_for_job(conn: &mut PgConnection, job_id: Uuid) -> Result<()> {
    sqlx::query!(
        "update jobs set application_count = application_count + 1 where id = $1",
        job_id,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn mark_recommendations(
    conn: &mut PgConnection,
    user_id: Uuid,
    job_id: Uuid,
) -> Result<()> {
    sqlx::query!(
        "update job_recommendations set is_applied = true
         where user_id = $1 and job_id = $2 and not is_applied",
        user_id,
        job_id,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The asker as two conditions: the applicant's user, the job's employer.
pub(crate) fn owners(asker: Asker) -> (Option<Uuid>, Option<Uuid>) {
    match asker {
        Asker::Applicant { user_id } => (Some(user_id), None),
        Asker::Employer { profile_id, .. } => (None, Some(profile_id)),
        Asker::Admin { .. } => (None, None),
    }
}

pub async fn get(conn: &mut PgConnection, asker: Asker, id: Uuid) -> Result<Option<Application>> {
    let (applicant_id, employer_id) = owners(asker);
    Ok(sqlx::query_as!(
        Application,
        r#"select a.id, a.job_id, a.applicant_id, a.cover_letter, a.resume_url,
                  a.answers as "answers: Value",
                  a.screening as "screening: Json<Vec<ScreeningAnswer>>",
                  a.status as "status: ApplicationStatus",
                  a.rejection_reason, a.rating, a.internal_notes, a.applied_at, a.reviewed_at,
                  a.status_changed_at, a.updated_at, j.title as job_title,
                  c.name as company_name,
                  coalesce(btrim(f.first_name || ' ' || f.last_name), '') as "applicant_name!",
                  u.email as applicant_email,
                  ($3::uuid is null or role_in_company(j.company_id, j.employer_id, $3) <= 'recruiter')
                      as "may_move!"
           from applications a
           join jobs j on j.id = a.job_id
           join companies c on c.id = j.company_id
           join users u on u.id = a.applicant_id
           left join freelancer_profiles f on f.user_id = a.applicant_id
           where a.id = $1
             and ($2::uuid is null or a.applicant_id = $2)
             and ($3::uuid is null
                  or role_in_company(j.company_id, j.employer_id, $3) is not null)"#,
        id,
        applicant_id,
        employer_id,
    )
    .fetch_optional(conn)
    .await?)
}

/// Like [`get`], and nobody else can move it until the transaction ends.
pub async fn lock(conn: &mut PgConnection, asker: Asker, id: Uuid) -> Result<Option<Application>> {
    let (applicant_id, employer_id) = owners(asker);
    let locked = sqlx::query_scalar!(
        r#"select a.id from applications a
           where a.id = $1
             and ($2::uuid is null or a.applicant_id = $2)
             and ($3::uuid is null
                  or exists (
                      select from jobs j
                      where j.id = a.job_id
                        and role_in_company(j.company_id, j.employer_id, $3) is not null
                  ))
           for no key update of a"#,
        id,
        applicant_id,
        employer_id,
    )
    .fetch_optional(&mut *conn)
    .await?;
    match locked {
        Some(id) => get(conn, asker, id).await,
        None => Ok(None),
    }
}

pub async fn list(
    conn: &mut PgConnection,
    asker: Asker,
    filter: &ApplicationFilter,
    paging: &Paging,
) -> Result<Slice<Application>> {
    let (applicant_id, employer_id) = owners(asker);
    let cursor = paging.cursor();
    let rows = sqlx::query_as!(
        Application,
        r#"select a.id, a.job_id, a.applicant_id, a.cover_letter, a.resume_url,
                  a.answers as "answers: Value",
                  a.screening as "screening: Json<Vec<ScreeningAnswer>>",
                  a.status as "status: ApplicationStatus",
                  a.rejection_reason, a.rating, a.internal_notes, a.applied_at, a.reviewed_at,
                  a.status_changed_at, a.updated_at, j.title as job_title,
                  c.name as company_name,
                  coalesce(btrim(f.first_name || ' ' || f.last_name), '') as "applicant_name!",
                  u.email as applicant_email,
                  ($2::uuid is null or role_in_company(j.company_id, j.employer_id, $2) <= 'recruiter')
                      as "may_move!"
           from applications a
           join jobs j on j.id = a.job_id
           join companies c on c.id = j.company_id
           join users u on u.id = a.applicant_id
           left join freelancer_profiles f on f.user_id = a.applicant_id
           where ($1::uuid is null or a.applicant_id = $1)
             and ($2::uuid is null or is_job_of(j, $2, (select companies_worked_for($2))))
             and ($3::uuid is null or a.job_id = $3)
             and ($4::application_status is null or a.status = $4)
             and ($5::timestamptz is null or (a.applied_at, a.id) < ($5, $6))
           order by a.applied_at desc, a.id desc
           limit $7 offset $8"#,
        applicant_id,
        employer_id,
        filter.job_id,
        filter.status as Option<ApplicationStatus>,
        cursor.map(|cursor| cursor.at),
        cursor.map(|cursor| cursor.id),
        paging.limit(),
        paging.offset(),
    )
    .fetch_all(&mut *conn)
    .await?;
    let total = match paging.start {
        Start::Page(_) => Some(count(conn, asker, filter).await?),
        Start::After(_) => None,
    };
    Ok(Slice::cut(rows, paging.size, total, |row| TimeCursor {
        at: row.applied_at,
        id: row.id,
    }))
}

async fn count(conn: &mut PgConnection, asker: Asker, filter: &ApplicationFilter) -> Result<i64> {
    let (applicant_id, employer_id) = owners(asker);
    Ok(sqlx::query_scalar!(
        r#"select count(*) as "count!"
           from applications a
           join jobs j on j.id = a.job_id
           where ($1::uuid is null or a.applicant_id = $1)
             and ($2::uuid is null or is_job_of(j, $2, (select companies_worked_for($2))))
             and ($3::uuid is null or a.job_id = $3)
             and ($4::application_status is null or a.status = $4)"#,
        applicant_id,
        employer_id,
        filter.job_id,
        filter.status as Option<ApplicationStatus>,
    )
    .fetch_one(conn)
    .await?)
}

/// Writes what can change. The employer's hand marks it as reviewed.
pub async fn update(
    conn: &mut PgConnection,
    asker: Asker,
    application: &Application,
) -> Result<()> {
    let (applicant_id, employer_id) = owners(asker);
    let done = sqlx::query!(
        "update applications a
         set cover_letter = $2, resume_url = $3, answers = $4, screening = $12, status = $5,
             rejection_reason = $6, rating = $7, internal_notes = $8,
             status_changed_at = case when status = $5 then status_changed_at else app_now() end,
             reviewed_at = case when $9 then coalesce(reviewed_at, app_now()) else reviewed_at end
         where id = $1
             and ($10::uuid is null or applicant_id = $10)
             and ($11::uuid is null
                  or exists (
                      select from jobs j
                      where j.id = a.job_id
                        and role_in_company(j.company_id, j.employer_id, $11) is not null
                  ))",
        application.id,
        application.cover_letter,
        application.resume_url,
        application.answers,
        application.status as ApplicationStatus,
        application.rejection_reason,
        application.rating,
        application.internal_notes,
        asker.side() == Side::Employer,
        applicant_id,
        employer_id,
        Json(&application.screening.0) as _,
    )
    .execute(conn)
    .await?;
    if done.rows_affected() == 0 {
        return Err(Error::NotFound("application"));
    }
    Ok(())
}
