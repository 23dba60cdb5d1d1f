//! SQL that turns imported rows into jobs, some hundred at a time.

use sqlx::PgConnection;
use uuid::Uuid;

use super::super::row::ImportedJob;
use crate::{
    Result,
    jobs::{ExperienceLevel, JobType, SalaryPeriod},
};

/// An imported ad with what its references were resolved to.
#[derive(Clone, Debug)]
pub struct ResolvedJob<'a> {
    pub id: Uuid,
    pub identity: [u8; 32],
    pub fingerprint: [u8; 32],
    pub company_id: Uuid,
    /// The company's, if anybody's.
    pub employer_id: Option<Uuid>,
    pub category_id: Option<Uuid>,
    pub skill_ids: Vec<Uuid>,
    pub ad: &'a ImportedJob,
}

/// An ad that the account imported before.
#[derive(Clone, Debug)]
pub struct KnownJob {
    pub id: Uuid,
    pub identity: Vec<u8>,
    pub fingerprint: Option<Vec<u8>>,
}

/// Which of these identities earlier rows of the file had.
pub async fn seen_identities(
    conn: &mut PgConnection,
    import_id: Uuid,
    identities: &[Vec<u8>],
) -> Result<Vec<Vec<u8>>> {
    Ok(sqlx::query_scalar!(
        r#"select distinct identity as "identity!" from import_rows
           where import_id = $1 and identity = any($2)
             and outcome in ('created', 'updated', 'duplicate')"#,
        import_id,
        identities,
    )
    .fetch_all(conn)
    .await?)
}

/// Jobs that the account imported before under these identities, locked.
pub async fn known_jobs(
    conn: &mut PgConnection,
    user_id: Uuid,
    identities: &[Vec<u8>],
) -> Result<Vec<KnownJob>> {
    Ok(sqlx::query_as!(
        KnownJob,
        r#"select id, import_identity as "identity!", import_fingerprint as fingerprint
           from jobs where imported_by = $1 and import_identity = any($2)
           order by id for update"#,
        user_id,
        identities,
    )
    .fetch_all(conn)
    .await?)
}

/// Inserts the jobs, published; answers the ids of those that were not there. An
/// import of the same account that runs at the same time may have been faster.
pub async fn insert(
    conn: &mut PgConnection,
    user_id: Uuid,
    jobs: &[ResolvedJob<'_>],
) -> Result<Vec<Uuid>> {
    let of = Columns::of(jobs);
    Ok(sqlx::query_scalar!(
        r#"insert into jobs (imported_by, status, employer_id, id, import_identity,
               import_fingerprint, company_id, category_id, source, external_id, external_url, title,
               description, requirements, responsibilities, benefits, location, is_remote, job_type,
               experience_level, salary_min, salary_max, salary_currency, salary_period,
               published_at, expires_at, is_hybrid)
           select $1, 'published', t.employer_id, t.id, t.identity, t.fingerprint, t.company_id,
               t.category_id, t.source, t.external_id, t.url, t.title, t.description,
               t.requirements, t.responsibilities, t.benefits, t.location, t.is_remote, t.job_type,
               t.experience_level, t.salary_min, t.salary_max, t.salary_currency, t.salary_period,
               coalesce(t.posted_at, app_now()), t.expires_at, t.is_hybrid
           from unnest($2::uuid[], $3::uuid[], $4::bytea[], $5::bytea[], $6::uuid[], $7::uuid[],
               $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[],
               $14::text[], $15::text[], $16::text[], $17::bool[], $18::job_type[],
               $19::experience_level[], $20::numeric[], $21::numeric[], $22::text[],
               $23::salary_period[], $24::timestamptz[], $25::timestamptz[], $26::bool[])
               as t (employer_id, id, identity, fingerprint, company_id, category_id, source,
                   external_id, url, title, description, requirements, responsibilities, benefits,
                   location, is_remote, job_type, experience_level, salary_min, salary_max,
                   salary_currency, salary_period, posted_at, expires_at, is_hybrid)
           on conflict on constraint jobs_import_key do nothing
           returning id"#,
        user_id,
        &of.employer_ids as _,
        &of.ids,
        &of.identities,
        &of.fingerprints,
        &of.company_ids,
        &of.category_ids as _,
        &of.each(|ad| ad.source.clone()),
        &of.each(|ad| ad.external_id.clone()) as _,
        &of.each(|ad| ad.url.clone()) as _,
        &of.each(|ad| ad.title.clone()),
        &of.each(|ad| ad.description.clone()),
        &of.each(|ad| ad.requirements.clone()),
        &of.each(|ad| ad.responsibilities.clone()),
        &of.each(|ad| ad.benefits.clone()),
        &of.each(|ad| ad.location.clone()),
        &of.each(|ad| ad.is_remote),
        &of.each(|ad| ad.job_type) as &[JobType],
        &of.each(|ad| ad.experience_level) as &[Option<ExperienceLevel>],
        &of.each(|ad| ad.salary_min) as _,
        &of.each(|ad| ad.salary_max) as _,
        &of.each(|ad| ad.salary_currency.clone()),
        &of.each(|ad| ad.salary_period) as &[SalaryPeriod],
        &of.each(|ad| ad.posted_at) as _,
        &of.each(|ad| ad.expires_at) as _,
        &of.each(|ad| ad.is_hybrid),
    )
    .fetch_all(conn)
    .await?)
}

/// Writes what the ads say now over the account's jobs of these ids. A job that
/// moves to another company goes to its employer. Status stays: a job
/// that was closed here is not reopened by its feed.
pub async fn update(
    conn: &mut PgConnection,
    user_id: Uuid,
    jobs: &[ResolvedJob<'_>],
) -> Result<()> {
    let of = Columns::of(jobs);
    sqlx::query!(
        "update jobs j set import_fingerprint = t.fingerprint, company_id = t.company_id,
             employer_id = case when j.company_id = t.company_id then j.employer_id else t.employer_id end,
             category_id = t.category_id, source = t.source, external_id = t.external_id,
             external_url = t.url, title = t.title, description = t.description,
             requirements = t.requirements, responsibilities = t.responsibilities,
             benefits = t.benefits, location = t.location, is_remote = t.is_remote,
             job_type = t.job_type, experience_level = t.experience_level,
             salary_min = t.salary_min, salary_max = t.salary_max,
             salary_currency = t.salary_currency, salary_period = t.salary_period,
             published_at = coalesce(t.posted_at, j.published_at), expires_at = t.expires_at,
             is_hybrid = t.is_hybrid
         from unnest($1::uuid[], $2::bytea[], $3::uuid[], $4::uuid[], $5::text[], $6::text[],
             $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[],
             $13::text[], $14::bool[], $15::job_type[], $16::experience_level[], $17::numeric[],
             $18::numeric[], $19::text[], $20::salary_period[], $21::timestamptz[],
             $22::timestamptz[], $23::uuid[], $25::bool[])
             as t (id, fingerprint, company_id, category_id, source, external_id, url, title,
                 description, requirements, responsibilities, benefits, location, is_remote,
                 job_type, experience_level, salary_min, salary_max, salary_currency,
                 salary_period, posted_at, expires_at, employer_id, is_hybrid)
         where j.id = t.id and j.imported_by = $24",
        &of.ids,
        &of.fingerprints,
        &of.company_ids,
        &of.category_ids as _,
        &of.each(|ad| ad.source.clone()),
        &of.each(|ad| ad.external_id.clone()) as _,
        &of.each(|ad| ad.url.clone()) as _,
        &of.each(|ad| ad.title.clone()),
        &of.each(|ad| ad.description.clone()),
        &of.each(|ad| ad.requirements.clone()),
        &of.each(|ad| ad.responsibilities.clone()),
        &of.each(|ad| ad.benefits.clone()),
        &of.each(|ad| ad.location.clone()),
        &of.each(|ad| ad.is_remote),
        &of.each(|ad| ad.job_type) as &[JobType],
        &of.each(|ad| ad.experience_level) as &[Option<ExperienceLevel>],
        &of.each(|ad| ad.salary_min) as _,
        &of.each(|ad| ad.salary_max) as _,
        &of.each(|ad| ad.salary_currency.clone()),
        &of.each(|ad| ad.salary_period) as &[SalaryPeriod],
        &of.each(|ad| ad.posted_at) as _,
        &of.each(|ad| ad.expires_at) as _,
        &of.employer_ids as _,
        user_id,
        &of.each(|ad| ad.is_hybrid),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Makes these the skills of the jobs.
pub async fn replace_skills(conn: &mut PgConnection, jobs: &[ResolvedJob<'_>]) -> Result<()> {
    let ids: Vec<Uuid> = jobs.iter().map(|job| job.id).collect();
    sqlx::query!("delete from job_skills where job_id = any($1)", &ids)
        .execute(&mut *conn)
        .await?;
    let (job_ids, skill_ids): (Vec<Uuid>, Vec<Uuid>) = jobs
        .iter()
        .flat_map(|job| job.skill_ids.iter().map(|skill| (job.id, *skill)))
        .unzip();
    sqlx::query!(
        "insert into job_skills (job_id, skill_id)
         select distinct * from unnest($1::uuid[], $2::uuid[])",
        &job_ids,
        &skill_ids,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The columns that both statements share, as arrays.
struct Columns<'a> {
    jobs: &'a [ResolvedJob<'a>],
    ids: Vec<Uuid>,
    employer_ids: Vec<Option<Uuid>>,
    identities: Vec<Vec<u8>>,
    fingerprints: Vec<Vec<u8>>,
    company_ids: Vec<Uuid>,
    category_ids: Vec<Option<Uuid>>,
}

impl<'a> Columns<'a> {
    fn of(jobs: &'a [ResolvedJob<'a>]) -> Self {
        Self {
            jobs,
            ids: jobs.iter().map(|job| job.id).collect(),
            employer_ids: jobs.iter().map(|job| job.employer_id).collect(),
            identities: jobs.iter().map(|job| job.identity.to_vec()).collect(),
            fingerprints: jobs.iter().map(|job| job.fingerprint.to_vec()).collect(),
            company_ids: jobs.iter().map(|job| job.company_id).collect(),
            category_ids: jobs.iter().map(|job| job.category_id).collect(),
        }
    }

    fn each<T>(&self, field: impl Fn(&ImportedJob) -> T) -> Vec<T> {
        self.jobs.iter().map(|job| field(job.ad)).collect()
    }
}
