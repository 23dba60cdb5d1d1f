//! Job postings and their life cycle.
//!
//! Counters of employers and categories are kept by triggers of the schema, in
//! the transaction of each change. A change enqueues the refresh of the search
//! document, in that transaction too.

mod content;
pub mod db;
pub mod emails;
mod lifecycle;
mod looks;
pub mod moves;
mod posting;
pub mod questions;
mod schedule;
pub mod tasks;
mod visitors;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

pub use self::{
    content::{
        AdLanguage, DEFAULT_CURRENCY, ExperienceLevel, JobContent, JobSkill, JobType, MAX_SKILLS,
        SalaryPeriod, SkillWish, Workplace,
    },
    db::views::forget_addresses,
    lifecycle::JobStatus,
    looks::{Look, Looks},
    posting::{create, delete, update},
    schedule::{DueJob, close_one_expired, publish_next_due},
    visitors::{AddressHashes, VisitorKey},
};
use crate::employers::Scope;

/// A job as lists show it: without its long texts.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct JobSummary {
    pub id: Uuid,
    /// Null: imported and not claimed by an employer yet.
    pub employer_id: Option<Uuid>,
    pub company_id: Uuid,
    pub company_name: String,
    pub company_slug: String,
    pub company_logo_url: Option<String>,
    pub category_id: Option<Uuid>,
    pub category_name: Option<String>,
    pub category_slug: Option<String>,
    pub title: String,
    pub location: String,
    pub is_remote: bool,
    pub is_hybrid: bool,
    pub job_type: JobType,
    pub experience_level: Option<ExperienceLevel>,
    pub salary_min: Option<Decimal>,
    pub salary_max: Option<Decimal>,
    pub salary_currency: String,
    pub salary_period: SalaryPeriod,
    pub status: JobStatus,
    pub view_count: i32,
    pub application_count: i32,
    pub save_count: i32,
    /// When a draft is to be published; null for everything else.
    pub publish_at: Option<DateTime<Utc>>,
    pub published_at: Option<DateTime<Utc>>,
    pub expires_at: Option<DateTime<Utc>>,
    pub closed_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl JobSummary {
    pub fn workplace(&self) -> Workplace {
        Workplace::of(self.is_remote, self.is_hybrid)
    }
}

/// A whole job.
#[derive(Clone, Debug)]
pub struct Job {
    pub summary: JobSummary,
    pub description: String,
    pub requirements: String,
    pub responsibilities: String,
    pub benefits: String,
    pub language: Option<AdLanguage>,
    /// The ad's own address where it was imported from.
    pub external_url: Option<String>,
    /// By name.
    pub skills: Vec<JobSkill>,
    /// What it asks those who apply.
    pub questions: Vec<questions::Question>,
}

impl Job {
    pub fn content(&self) -> JobContent {
        let summary = &self.summary;
        JobContent {
            title: summary.title.clone(),
            description: self.description.clone(),
            requirements: self.requirements.clone(),
            responsibilities: self.responsibilities.clone(),
            benefits: self.benefits.clone(),
            location: summary.location.clone(),
            is_remote: summary.is_remote,
            workplace: summary.workplace(),
            job_type: summary.job_type,
            experience_level: summary.experience_level,
            salary_min: summary.salary_min,
            salary_max: summary.salary_max,
            salary_currency: summary.salary_currency.clone(),
            salary_period: summary.salary_period,
            expires_at: summary.expires_at,
            language: self.language,
        }
    }
}

/// A job to be posted.
#[derive(Clone, Debug)]
pub struct NewJob {
    /// Id, slug or name; a new name becomes a company of the employer.
    pub company: String,
    /// Id, slug or name.
    pub category: Option<String>,
    pub content: JobContent,
    pub skills: Vec<SkillWish>,
    /// When to publish the draft.
    pub publish_at: Option<DateTime<Utc>>,
    /// Draft or published.
    pub status: JobStatus,
}

/// A change of a job: what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct JobPatch {
    pub company: Option<String>,
    pub category: Option<Option<String>>,
    pub title: Option<String>,
    pub description: Option<String>,
    pub requirements: Option<String>,
    pub responsibilities: Option<String>,
    pub benefits: Option<String>,
    pub location: Option<String>,
    pub is_remote: Option<bool>,
    pub workplace: Option<Workplace>,
    pub job_type: Option<JobType>,
    pub experience_level: Option<Option<ExperienceLevel>>,
    pub salary_min: Option<Option<Decimal>>,
    pub salary_max: Option<Option<Decimal>>,
    pub salary_currency: Option<String>,
    pub salary_period: Option<SalaryPeriod>,
    pub expires_at: Option<Option<DateTime<Utc>>>,
    pub language: Option<Option<AdLanguage>>,
    pub skills: Option<Vec<SkillWish>>,
    pub publish_at: Option<Option<DateTime<Utc>>>,
    pub status: Option<JobStatus>,
    /// Goes with a new status, on record.
    pub note: Option<String>,
}

/// Who looks at a job. Drafts, closed, archived and expired jobs are missing
/// for everybody but their employer and administrators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    Public,
    Manager(Scope),
}

/// What a public list of jobs is narrowed to; empty lists and `None` do not narrow.
#[derive(Clone, Debug, Default)]
pub struct JobFilter {
    pub job_types: Vec<JobType>,
    pub experience_levels: Vec<ExperienceLevel>,
    pub is_remote: Option<bool>,
    pub workplaces: Vec<Workplace>,
    /// Any of these categories; see [`crate::categories::resolve_subtree`].
    pub category_ids: Vec<Uuid>,
    pub company_id: Option<Uuid>,
    /// A part of the location, without regard to case.
    pub location: Option<String>,
    /// A year's pay that the job may reach. Pay by the hour counts as 2,080
    /// hours a year, by the day 260 days.
    pub salary_min: Option<Decimal>,
    /// A year's pay that the job may not exceed at its lowest.
    pub salary_max: Option<Decimal>,
    pub salary_currency: Option<String>,
    pub posted_after: Option<DateTime<Utc>>,
}
