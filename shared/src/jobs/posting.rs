//! Posting, changing and removing jobs.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    Job, JobContent, JobPatch, JobStatus, MAX_SKILLS, NewJob, Reader, SkillWish, Workplace, db,
    moves::{MoveCause, NewMove},
};
use crate::{
    Error, FieldError, Result, categories, companies,
    employers::{self, Actor, CompanyRole, Scope},
    rules::{Rules, keep},
    search, settings, skills,
};

/// The longest note of a move, in characters.
const MAX_NOTE: usize = 2_000;

/// Posts a job. All wrong fields are reported together; on an error the caller
/// drops the transaction, and nothing of it stays.
pub async fn create(conn: &mut PgConnection, actor: Actor, new: &NewJob) -> Result<Job> {
    let scope = actor.scope;
    employers::ensure_can_post(conn, scope).await?;
    let mut rules = Rules::new();
    new.content.check(&mut rules);
    check_schedule(&mut rules, new.publish_at, new.status, &new.content);
    if !matches!(new.status, JobStatus::Draft | JobStatus::Published) {
        rules.refuse("status", "not_initial", "a new job is draft or published");
    }
    check_skills(&mut rules, &new.skills);
    let mut wrong = rules.into_errors();
    check_future(conn, "expires_at", new.content.expires_at, &mut wrong).await?;
    check_future(conn, "publish_at", new.publish_at, &mut wrong).await?;
    let category_id = match &new.category {
        Some(category) => keep(categories::resolve(conn, category).await, &mut wrong)?,
        None => None,
    };
    if !wrong.is_empty() {
        return Err(Error::Invalid(wrong));
    }
    let company_id = companies::resolve_for_posting(conn, scope, &new.company).await?;
    let employer_id = db::employer_of_company(conn, company_id).await?;
    ensure_owner_can_post(conn, scope, employer_id).await?;
    let row = db::JobRow {
        company_id,
        category_id,
        content: &new.content,
        publish_at: new.publish_at,
        status: new.status,
    };
    let id = db::insert(conn, employer_id, &row).await?;
    set_skills(conn, id, scope, &new.skills).await?;
    moved(conn, actor, id, None, new.status, "").await?;
    changed(conn, id).await?;
    db::get(conn, id, Reader::Manager(scope)).await
}

/// Changes what the patch names, its status included.
pub async fn update(
    conn: &mut PgConnection,
    actor: Actor,
    id: Uuid,
    patch: &JobPatch,
) -> Result<Job> {
    let scope = actor.scope;
    db::lock(conn, id, scope)
        .await?
        .ensure(CompanyRole::Recruiter)?;
    let job = db::get(conn, id, Reader::Manager(scope)).await?;
    let old = job.summary.status;
    let status = patch.status.unwrap_or(old);
    old.check_move(status)?;
    let publishes = status == JobStatus::Published && old != JobStatus::Published;
    if publishes {
        employers::ensure_can_post(conn, scope).await?;
        ensure_owner_can_post(conn, scope, job.summary.employer_id).await?;
    }
    let content = patch.apply(job.content());
    let note = patch.note.as_deref().unwrap_or_default();
    // A draft that is published takes its schedule along to nowhere.
    let publish_at = match patch.publish_at {
        Some(publish_at) => publish_at,
        None if status == JobStatus::Draft => job.summary.publish_at,
        None => None,
    };
    let mut rules = Rules::new();
    content.check(&mut rules);
    check_schedule(&mut rules, publish_at, status, &content);
    check_note(&mut rules, note, old != status);
    if let Some(skills) = &patch.skills {
        check_skills(&mut rules, skills);
    }
    let mut wrong = rules.into_errors();
    // An old expiry may stay on a job, unless it opens again.
    if publishes || content.expires_at != job.summary.expires_at {
        check_future(conn, "expires_at", content.expires_at, &mut wrong).await?;
    }
    if publish_at != job.summary.publish_at {
        check_future(conn, "publish_at", publish_at, &mut wrong).await?;
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
    let row = db::JobRow {
        company_id,
        category_id,
        content: &content,
        publish_at,
        status,
    };
    db::update(conn, id, scope, &row).await?;
    if let Some(skills) = &patch.skills {
        set_skills(conn, id, scope, skills).await?;
    }
    if old != status {
        moved(conn, actor, id, Some(old), status, note).await?;
    }
    changed(conn, id).await?;
    db::get(conn, id, Reader::Manager(scope)).await
}

/// Deletes a job for good. Employers may delete what nobody has applied for:
/// the applications of others are not theirs to delete.
pub async fn delete(conn: &mut PgConnection, scope: Scope, id: Uuid) -> Result<()> {
    db::lock_for_delete(conn, id, scope)
        .await?
        .ensure(CompanyRole::Recruiter)?;
    if scope != Scope::Any && db::has_applications(conn, id, scope).await? {
        return Err(Error::conflict(
            "has_applications",
            "people have applied for this job; close or archive it instead",
        ));
    }
    db::delete(conn, id, scope).await?;
    changed(conn, id).await
}

/// A barred owner does not post by the hand of somebody else.
async fn ensure_owner_can_post(
    conn: &mut PgConnection,
    scope: Scope,
    owner: Option<Uuid>,
) -> Result<()> {
    match owner.map(Scope::Own) {
        Some(owner) if scope != Scope::Any && scope != owner => {
            employers::ensure_can_post(conn, owner).await
        }
        _ => Ok(()),
    }
}

/// Notes somebody's move, and what comes with a publication.
async fn moved(
    conn: &mut PgConnection,
    actor: Actor,
    job_id: Uuid,
    from: Option<JobStatus>,
    to: JobStatus,
    note: &str,
) -> Result<()> {
    let step = NewMove {
        job_id,
        changed_by: Some(actor.user_id),
        cause: MoveCause::Request,
        from,
        to,
        note,
    };
    db::moves::insert(conn, step).await?;
    if to == JobStatus::Published && actor.scope != Scope::Any {
        check_active_limit(conn, job_id).await?;
    }
    // Opened again, it keeps whatever expiry its employer left it.
    if to == JobStatus::Published && from != Some(JobStatus::Closed) {
        published(conn, job_id).await?;
    }
    Ok(())
}

/// Refuses a publication that gives an employer more published jobs than allowed.
/// It has moved the counter, whose row is locked: of two at once the second sees
/// the first.
pub(super) async fn check_active_limit(conn: &mut PgConnection, job_id: Uuid) -> Result<()> {
    let most = settings::load(conn).await?.max_active_jobs_per_employer;
    let active = db::active_jobs_of_employer(conn, job_id).await?;
    if active > i64::from(most) {
        return Err(Error::conflict(
            "max_active_jobs_per_employer",
            format!("an employer has {most} published jobs at most; close one first"),
        ));
    }
    Ok(())
}

/// What a job's first publication brings: an expiry, where it has none.
pub(super) async fn published(conn: &mut PgConnection, job_id: Uuid) -> Result<()> {
    let days = settings::load(conn).await?.default_job_days;
    db::schedule::set_default_expiry(conn, job_id, days.try_into().unwrap_or(i32::MAX)).await
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

async fn check_future(
    conn: &mut PgConnection,
    field: &str,
    time: Option<DateTime<Utc>>,
    wrong: &mut Vec<FieldError>,
) -> Result<()> {
    if let Some(time) = time
        && db::is_past(conn, time).await?
    {
        wrong.push(FieldError::new(
            field,
            "in_the_past",
            "must be in the future",
        ));
    }
    Ok(())
}

fn check_schedule(
    rules: &mut Rules,
    publish_at: Option<DateTime<Utc>>,
    status: JobStatus,
    content: &JobContent,
) {
    let Some(publish_at) = publish_at else { return };
    if status != JobStatus::Draft {
        rules.refuse(
            "publish_at",
            "only_for_drafts",
            "only a draft can be published later",
        );
    }
    if content.expires_at.is_some_and(|end| end <= publish_at) {
        rules.refuse(
            "expires_at",
            "before_publication",
            "expires_at is not after publish_at",
        );
    }
}

fn check_note(rules: &mut Rules, note: &str, moves: bool) {
    rules.text("note", note, MAX_NOTE);
    if !note.is_empty() && !moves {
        rules.refuse("note", "only_with_status", "a note goes with a new status");
    }
}

fn check_skills(rules: &mut Rules, wishes: &[SkillWish]) {
    rules.count("skills", wishes.len(), MAX_SKILLS);
    for (i, wish) in wishes.iter().enumerate() {
        rules.years(&format!("skills.{i}.years_required"), wish.years_required);
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

pub(super) async fn changed(conn: &mut PgConnection, id: Uuid) -> Result<()> {
    search::tasks::enqueue_refresh(conn, &[id]).await?;
    Ok(())
}

impl JobPatch {
    fn apply(&self, mut content: JobContent) -> JobContent {
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
        content.workplace = self
            .workplace
            .unwrap_or(content.workplace.changed(self.is_remote));
        content.is_remote = self
            .is_remote
            .unwrap_or(content.workplace == Workplace::Remote);
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
        set(&mut content.language, self.language.as_ref());
        content
    }
}
