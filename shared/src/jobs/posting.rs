//! Posting, changing and removing jobs.

use sqlx::PgConnection;
use uuid::Uuid;

use super::{Job, JobPatch, JobStatus, MAX_SKILLS, NewJob, Reader, SkillWish, db};
use crate::{
    Error, FieldError, Result, categories, companies,
    employers::{self, Scope},
    rules::Rules,
    search, skills,
};

/// Posts a job. All wrong fields are reported together; on an error the caller
/// drops the transaction, and nothing of it stays.
pub async fn create(conn: &mut PgConnection, scope: Scope, new: &NewJob) -> Result<Job> {
    employers::ensure_can_post(conn, scope).await?;
    let mut rules = Rules::new();
    new.content.check(&mut rules);
    if !matches!(new.status, JobStatus::Draft | JobStatus::Published) {
        rules.refuse("status", "not_initial", "a new job is draft or published");
    }
    check_skills(&mut rules, &new.skills);
    let mut wrong = rules.into_errors();
    check_expiry(conn, new.content.expires_at, &mut wrong).await?;
    let category_id = match &new.category {
        Some(category) => keep(categories::resolve(conn, category).await, &mut wrong)?,
        None => None,
    };
    if !wrong.is_empty() {
        return Err(Error::Invalid(wrong));
    }
    let company_id = companies::resolve_for_posting(conn, scope, &new.company).await?;
    let employer_id = match scope {
        Scope::Own(employer_id) => Some(employer_id),
        Scope::Any => db::employer_of_company(conn, company_id).await?,
    };
    let id = db::insert(
        conn,
        employer_id,
        company_id,
        category_id,
        &new.content,
        new.status,
    )
    .await?;
    set_skills(conn, id, scope, &new.skills).await?;
    changed(conn, id).await?;
    db::get(conn, id, Reader::Manager(scope)).await
}

/// Changes what the patch names, its status included.
pub async fn update(
    conn: &mut PgConnection,
    scope: Scope,
    id: Uuid,
    patch: &JobPatch,
) -> Result<Job> {
    db::lock(conn, id, scope).await?;
    let job = db::get(conn, id, Reader::Manager(scope)).await?;
    let old = job.summary.status;
    let status = patch.status.unwrap_or(old);
    old.check_move(status)?;
    let publishes = status == JobStatus::Published && old != JobStatus::Published;
    if publishes {
        employers::ensure_can_post(conn, scope).await?;
    }
    let content = patch.apply(job.content());
    let mut rules = Rules::new();
    content.check(&mut rules);
    if let Some(skills) = &patch.skills {
        check_skills(&mut rules, skills);
    }
    let mut wrong = rules.into_errors();
    // An old expiry may stay on a job, unless it opens again.
    if publishes || content.expires_at != job.summary.expires_at {
        check_expiry(conn, content.expires_at, &mut wrong).await?;
    }
    let category_id = match &patch.category {
        Some(Some(category)) => keep(categories::resolve(conn, category).await, &mut wrong)?,
        Some(None) => None,
        None => job.summary.category_id,
    };
    if !wrong.is_empty() {
        return Err(Error::Invalid(wrong));
    }
    let company_id = match &patch.company {
        Some(company) => resolve_new_company(conn, scope, &job, company).await?,
        None => job.summary.company_id,
    };
    db::update(conn, id, scope, company_id, category_id, &content, status).await?;
    if let Some(skills) = &patch.skills {
        set_skills(conn, id, scope, skills).await?;
    }
    changed(conn, id).await?;
    db::get(conn, id, Reader::Manager(scope)).await
}

/// Deletes a job for good. Employers may delete what nobody has applied for:
/// the applications of others are not theirs to delete.
pub async fn delete(conn: &mut PgConnection, scope: Scope, id: Uuid) -> Result<()> {
    db::lock_for_delete(conn, id, scope).await?;
    if scope != Scope::Any && db::has_applications(conn, id, scope).await? {
        return Err(Error::conflict(
            "has_applications",
            "people have applied for this job; close or archive it instead",
        ));
    }
    db::delete(conn, id, scope).await?;
    changed(conn, id).await
}

/// Closes the job whose expiry is longest past; none, if there is none.
pub async fn close_one_expired(conn: &mut PgConnection) -> Result<Option<Uuid>> {
    let closed = db::close_one_expired(conn).await?;
    if let Some(id) = closed {
        changed(conn, id).await?;
    }
    Ok(closed)
}

/// The company that a change names. Its present one is always right, so that an
/// employer can send back what was read.
async fn resolve_new_company(
    conn: &mut PgConnection,
    scope: Scope,
    job: &Job,
    reference: &str,
) -> Result<Uuid> {
    if let Some(found) = companies::db::find(conn, reference.trim()).await?
        && found.id == job.summary.company_id
    {
        return Ok(found.id);
    }
    companies::resolve_for_posting(conn, scope, reference).await
}

async fn check_expiry(
    conn: &mut PgConnection,
    expires_at: Option<chrono::DateTime<chrono::Utc>>,
    wrong: &mut Vec<FieldError>,
) -> Result<()> {
    if let Some(expires_at) = expires_at
        && db::is_past(conn, expires_at).await?
    {
        wrong.push(FieldError::new(
            "expires_at",
            "in_the_past",
            "must be in the future",
        ));
    }
    Ok(())
}

fn check_skills(rules: &mut Rules, wishes: &[SkillWish]) {
    rules.count("skills", wishes.len(), MAX_SKILLS);
    for (i, wish) in wishes.iter().enumerate() {
        rules.years(&format!("skills.{i}.years_required"), wish.years_required);
    }
}

/// The value, or None with what is wrong beside the other wrong fields.
fn keep<T>(result: Result<T>, wrong: &mut Vec<FieldError>) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Error::Invalid(errors)) => {
            wrong.extend(errors);
            Ok(None)
        }
        Err(other) => Err(other),
    }
}

async fn set_skills(
    conn: &mut PgConnection,
    job_id: Uuid,
    scope: Scope,
    wishes: &[SkillWish],
) -> Result<()> {
    let references: Vec<&str> = wishes.iter().map(|wish| wish.skill.as_str()).collect();
    let found = skills::resolve_or_create(conn, "skills", &references)
        .await?
        .map_err(Error::Invalid)?;
    let mut chosen: Vec<(Uuid, &SkillWish)> = Vec::with_capacity(found.len());
    // Named twice, the first one counts.
    for (skill, wish) in found.iter().zip(wishes) {
        if !chosen.iter().any(|(id, _)| *id == skill.id) {
            chosen.push((skill.id, wish));
        }
    }
    db::replace_skills(conn, job_id, scope, &chosen).await
}

async fn changed(conn: &mut PgConnection, id: Uuid) -> Result<()> {
    search::tasks::enqueue_refresh(conn, &[id]).await?;
    Ok(())
}

impl JobPatch {
    fn apply(&self, mut content: super::JobContent) -> super::JobContent {
        fn set<T: Clone>(field: &mut T, value: Option<&T>) {
            if let Some(value) = value {
                field.clone_from(value);
            }
        }
        set(&mut content.title, self.title.as_ref());
        set(&mut content.description, self.description.as_ref());
        set(&mut content.requirements, self.requirements.as_ref());
        set(
            &mut content.responsibilities,
            self.responsibilities.as_ref(),
        );
        set(&mut content.benefits, self.benefits.as_ref());
        set(&mut content.location, self.location.as_ref());
        set(&mut content.is_remote, self.is_remote.as_ref());
        set(&mut content.job_type, self.job_type.as_ref());
        set(
            &mut content.experience_level,
            self.experience_level.as_ref(),
        );
        set(&mut content.salary_min, self.salary_min.as_ref());
        set(&mut content.salary_max, self.salary_max.as_ref());
        set(&mut content.salary_currency, self.salary_currency.as_ref());
        set(&mut content.salary_period, self.salary_period.as_ref());
        set(&mut content.expires_at, self.expires_at.as_ref());
        content
    }
}
