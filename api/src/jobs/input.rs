//! Jobs as clients send them.

use chrono::{DateTime, Utc};
use jobboard_shared::{
    Result,
    jobs::{self, DEFAULT_CURRENCY, JobContent, JobPatch, NewJob, SkillWish},
};
use poem_openapi::{Object, Union, types::MaybeUndefined};
use rust_decimal::Decimal;

use super::dto::{
    AdLanguage, ExperienceLevel, JobStatus, JobType, ProficiencyLevel, SalaryPeriod, Workplace,
};
use crate::patch::{Nulls, emptied};

/// A skill with what the job asks of it
#[derive(Debug, Object)]
pub(super) struct SkillDetails {
    /// Name or id; a new name becomes a skill
    #[oai(validator(min_length = 1, max_length = 100))]
    name: String,
    proficiency_level: Option<ProficiencyLevel>,
    #[oai(default = "yes")]
    is_required: bool,
    #[oai(validator(minimum(value = "0"), maximum(value = "80")))]
    years_required: Option<f64>,
}

/// A skill: its name or id alone, or with details
#[derive(Debug, Union)]
pub(super) enum SkillInput {
    Name(String),
    Details(SkillDetails),
}

impl From<SkillInput> for SkillWish {
    fn from(input: SkillInput) -> Self {
        match input {
            SkillInput::Name(name) => Self::required(name),
            SkillInput::Details(details) => Self {
                skill: details.name,
                proficiency_level: details.proficiency_level.map(Into::into),
                is_required: details.is_required,
                years_required: details.years_required,
            },
        }
    }
}

fn yes() -> bool {
    true
}

fn full_time() -> JobType {
    JobType::FullTime
}

fn yearly() -> SalaryPeriod {
    SalaryPeriod::Yearly
}

fn default_currency() -> String {
    DEFAULT_CURRENCY.to_owned()
}

/// A job, whole
#[derive(Debug, Object)]
pub(super) struct JobInput {
    #[oai(validator(min_length = 1, max_length = 300))]
    title: String,
    /// Id, slug or name. A name that no company has becomes a company of yours
    #[oai(validator(min_length = 1, max_length = 200))]
    company: String,
    /// Id, slug or name
    #[oai(validator(max_length = 100))]
    category: Option<String>,
    #[oai(default, validator(max_length = 100000))]
    description: String,
    #[oai(default, validator(max_length = 50000))]
    requirements: String,
    #[oai(default, validator(max_length = 50000))]
    responsibilities: String,
    #[oai(default, validator(max_length = 50000))]
    benefits: String,
    #[oai(default, validator(max_length = 300))]
    location: String,
    /// Where it is left out, `workplace` tells
    is_remote: Option<bool>,
    /// Where it is left out, `is_remote` tells remote from on site
    workplace: Option<Workplace>,
    #[oai(default = "full_time")]
    job_type: JobType,
    experience_level: Option<ExperienceLevel>,
    /// A number, or a string to be exact
    salary_min: Option<Decimal>,
    /// A number, or a string to be exact
    salary_max: Option<Decimal>,
    #[oai(default = "default_currency", validator(pattern = "^[A-Z]{3}$"))]
    salary_currency: String,
    #[oai(default = "yearly")]
    salary_period: SalaryPeriod,
    expires_at: Option<DateTime<Utc>>,
    /// What the ad is written in. Where it is left out, search finds it out
    language: Option<AdLanguage>,
    /// When to publish the draft, to the minute: then, or as soon as its employer may
    publish_at: Option<DateTime<Utc>>,
    #[oai(default, validator(max_items = 50))]
    skills: Vec<SkillInput>,
    /// A new job is `draft`, if nothing else is said, or `published`; of an old
    /// one it stays as it is
    status: Option<JobStatus>,
}

impl JobInput {
    pub(super) fn into_new_job(self) -> NewJob {
        let workplace = self.workplace.map_or(
            jobs::Workplace::OnSite.changed(self.is_remote),
            Workplace::into,
        );
        NewJob {
            status: self.status.map_or(jobs::JobStatus::Draft, JobStatus::into),
            company: self.company,
            category: self.category,
            publish_at: self.publish_at,
            content: JobContent {
                title: self.title,
                description: self.description,
                requirements: self.requirements,
                responsibilities: self.responsibilities,
                benefits: self.benefits,
                location: self.location,
                is_remote: self
                    .is_remote
                    .unwrap_or(workplace == jobs::Workplace::Remote),
                workplace,
                job_type: self.job_type.into(),
                experience_level: self.experience_level.map(Into::into),
                salary_min: self.salary_min,
                salary_max: self.salary_max,
                salary_currency: self.salary_currency,
                salary_period: self.salary_period.into(),
                expires_at: self.expires_at,
                language: self.language.map(Into::into),
            },
            skills: self.skills.into_iter().map(Into::into).collect(),
        }
    }

    /// A change of everything but the status, which changes only if it is named.
    pub(super) fn into_replacement(self) -> JobPatch {
        let status = self.status.map(Into::into);
        let new = self.into_new_job();
        JobPatch {
            company: Some(new.company),
            category: Some(new.category),
            title: Some(new.content.title),
            description: Some(new.content.description),
            requirements: Some(new.content.requirements),
            responsibilities: Some(new.content.responsibilities),
            benefits: Some(new.content.benefits),
            location: Some(new.content.location),
            is_remote: Some(new.content.is_remote),
            workplace: Some(new.content.workplace),
            job_type: Some(new.content.job_type),
            experience_level: Some(new.content.experience_level),
            salary_min: Some(new.content.salary_min),
            salary_max: Some(new.content.salary_max),
            salary_currency: Some(new.content.salary_currency),
            salary_period: Some(new.content.salary_period),
            expires_at: Some(new.content.expires_at),
            language: Some(new.content.language),
            skills: Some(new.skills),
            publish_at: Some(new.publish_at),
            status,
            note: None,
        }
    }
}

/// A change of a job: what is left out stays, null clears
#[derive(Debug, Object)]
pub(super) struct JobPatchInput {
    #[oai(validator(min_length = 1, max_length = 300))]
    title: MaybeUndefined<String>,
    /// Id, slug or name. A name that no company has becomes a company of yours
    #[oai(validator(min_length = 1, max_length = 200))]
    company: MaybeUndefined<String>,
    /// Id, slug or name
    #[oai(validator(max_length = 100))]
    category: MaybeUndefined<String>,
    #[oai(validator(max_length = 100000))]
    description: MaybeUndefined<String>,
    #[oai(validator(max_length = 50000))]
    requirements: MaybeUndefined<String>,
    #[oai(validator(max_length = 50000))]
    responsibilities: MaybeUndefined<String>,
    #[oai(validator(max_length = 50000))]
    benefits: MaybeUndefined<String>,
    #[oai(validator(max_length = 300))]
    location: MaybeUndefined<String>,
    is_remote: MaybeUndefined<bool>,
    workplace: MaybeUndefined<Workplace>,
    job_type: MaybeUndefined<JobType>,
    experience_level: MaybeUndefined<ExperienceLevel>,
    salary_min: MaybeUndefined<Decimal>,
    salary_max: MaybeUndefined<Decimal>,
    #[oai(validator(pattern = "^[A-Z]{3}$"))]
    salary_currency: MaybeUndefined<String>,
    salary_period: MaybeUndefined<SalaryPeriod>,
    expires_at: MaybeUndefined<DateTime<Utc>>,
    /// Null lets search find it out
    language: MaybeUndefined<AdLanguage>,
    /// When to publish the draft; null takes it off the schedule
    publish_at: MaybeUndefined<DateTime<Utc>>,
    /// All of them: they take the place of the old ones
    #[oai(validator(max_items = 50))]
    skills: MaybeUndefined<Vec<SkillInput>>,
    status: MaybeUndefined<JobStatus>,
    /// Goes on record with a new status
    #[oai(validator(max_length = 2000))]
    note: Option<String>,
}

impl JobPatchInput {
    pub(super) fn into_patch(self) -> Result<JobPatch> {
        let mut nulls = Nulls::default();
        let patch = JobPatch {
            company: nulls.refuse("company", self.company),
            category: self.category.into(),
            title: nulls.refuse("title", self.title),
            description: emptied(self.description),
            requirements: emptied(self.requirements),
            responsibilities: emptied(self.responsibilities),
            benefits: emptied(self.benefits),
            location: emptied(self.location),
            is_remote: nulls.refuse("is_remote", self.is_remote),
            workplace: nulls.refuse("workplace", self.workplace).map(Into::into),
            job_type: nulls.refuse("job_type", self.job_type).map(Into::into),
            experience_level: Option::from(self.experience_level)
                .map(|level: Option<_>| level.map(Into::into)),
            salary_min: self.salary_min.into(),
            salary_max: self.salary_max.into(),
            salary_currency: nulls.refuse("salary_currency", self.salary_currency),
            salary_period: nulls
                .refuse("salary_period", self.salary_period)
                .map(Into::into),
            expires_at: self.expires_at.into(),
            language: Option::from(self.language)
                .map(|language: Option<_>| language.map(Into::into)),
            skills: emptied(self.skills).map(|all| all.into_iter().map(Into::into).collect()),
            publish_at: self.publish_at.into(),
            status: nulls.refuse("status", self.status).map(Into::into),
            note: self.note,
        };
        nulls.finish()?;
        Ok(patch)
    }
}
