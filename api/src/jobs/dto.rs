//! Jobs as clients see them.

use chrono::{DateTime, Utc};
use jobboard_shared::{jobs, skills};
use poem_openapi::{Enum, Object};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::questions::Question;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case", remote = "jobs::JobStatus")]
pub(crate) enum JobStatus {
    Draft,
    Published,
    Closed,
    Archived,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case", remote = "jobs::JobType")]
pub(crate) enum JobType {
    FullTime,
    PartTime,
    Contract,
    Freelance,
    Internship,
}

/// What an ad is written in
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case", remote = "jobs::AdLanguage")]
pub(crate) enum AdLanguage {
    En,
    De,
    Fr,
    Es,
    Pt,
    It,
    Nl,
}

/// Where the work is done; hybrid is partly on site
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case", remote = "jobs::Workplace")]
pub(crate) enum Workplace {
    OnSite,
    Hybrid,
    Remote,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case", remote = "jobs::ExperienceLevel")]
pub(crate) enum ExperienceLevel {
    Entry,
    Intermediate,
    Senior,
    Lead,
    Executive,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case", remote = "jobs::SalaryPeriod")]
pub(crate) enum SalaryPeriod {
    Hourly,
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case", remote = "skills::ProficiencyLevel")]
pub(crate) enum ProficiencyLevel {
    Beginner,
    Intermediate,
    Advanced,
    Expert,
}

/// The company of a job
#[derive(Debug, Object)]
pub(crate) struct JobCompany {
    id: Uuid,
    name: String,
    slug: String,
    logo_url: Option<String>,
}

/// The category of a job
#[derive(Debug, Object)]
pub(crate) struct JobCategory {
    id: Uuid,
    name: String,
    slug: String,
}

/// A job as lists show it: without its long texts
#[derive(Debug, Object)]
pub(crate) struct JobSummary {
    id: Uuid,
    title: String,
    company: JobCompany,
    category: Option<JobCategory>,
    /// The profile of its employer; null, if it was imported and nobody has claimed it
    employer_id: Option<Uuid>,
    location: String,
    /// Whether `workplace` is `remote`
    is_remote: bool,
    workplace: Workplace,
    job_type: JobType,
    experience_level: Option<ExperienceLevel>,
    salary_min: Option<Decimal>,
    salary_max: Option<Decimal>,
    salary_currency: String,
    salary_period: SalaryPeriod,
    status: JobStatus,
    view_count: i32,
    application_count: i32,
    save_count: i32,
    /// When the draft is to be published
    publish_at: Option<DateTime<Utc>>,
    /// When it was published first
    published_at: Option<DateTime<Utc>>,
    expires_at: Option<DateTime<Utc>>,
    closed_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<jobs::JobSummary> for JobSummary {
    fn from(job: jobs::JobSummary) -> Self {
        let workplace = job.workplace();
        let category = match (job.category_id, job.category_name, job.category_slug) {
            (Some(id), Some(name), Some(slug)) => Some(JobCategory { id, name, slug }),
            _ => None,
        };
        Self {
            id: job.id,
            title: job.title,
            company: JobCompany {
                id: job.company_id,
                name: job.company_name,
                slug: job.company_slug,
                logo_url: job.company_logo_url,
            },
            category,
            employer_id: job.employer_id,
            location: job.location,
            is_remote: job.is_remote,
            workplace: workplace.into(),
            job_type: job.job_type.into(),
            experience_level: job.experience_level.map(Into::into),
            salary_min: job.salary_min,
            salary_max: job.salary_max,
            salary_currency: job.salary_currency,
            salary_period: job.salary_period.into(),
            status: job.status.into(),
            view_count: job.view_count,
            application_count: job.application_count,
            save_count: job.save_count,
            publish_at: job.publish_at,
            published_at: job.published_at,
            expires_at: job.expires_at,
            closed_at: job.closed_at,
            created_at: job.created_at,
            updated_at: job.updated_at,
        }
    }
}

/// A skill that a job asks for
#[derive(Debug, Object)]
pub(crate) struct JobSkill {
    skill_id: Uuid,
    name: String,
    slug: String,
    proficiency_level: Option<ProficiencyLevel>,
    is_required: bool,
    years_required: Option<f64>,
}

impl From<jobs::JobSkill> for JobSkill {
    fn from(skill: jobs::JobSkill) -> Self {
        Self {
            skill_id: skill.skill_id,
            name: skill.name,
            slug: skill.slug,
            proficiency_level: skill.proficiency_level.map(Into::into),
            is_required: skill.is_required,
            years_required: skill.years_required,
        }
    }
}

/// A whole job
#[derive(Debug, Object)]
pub(crate) struct Job {
    #[oai(flatten)]
    summary: JobSummary,
    description: String,
    requirements: String,
    responsibilities: String,
    benefits: String,
    /// As its employer tells it; null where search finds it out
    language: Option<AdLanguage>,
    skills: Vec<JobSkill>,
    /// What it asks those who apply
    questions: Vec<Question>,
    /// Where the ad came from, if it was imported
    external_url: Option<String>,
    /// Where the job may go from its status
    next_statuses: Vec<JobStatus>,
}

impl From<jobs::Job> for Job {
    fn from(job: jobs::Job) -> Self {
        let next = job.summary.status.next();
        Self {
            summary: job.summary.into(),
            description: job.description,
            requirements: job.requirements,
            responsibilities: job.responsibilities,
            benefits: job.benefits,
            language: job.language.map(Into::into),
            skills: job.skills.into_iter().map(Into::into).collect(),
            questions: job.questions.into_iter().map(Into::into).collect(),
            external_url: job.external_url,
            next_statuses: next.iter().copied().map(Into::into).collect(),
        }
    }
}
