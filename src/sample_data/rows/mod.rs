//! The sample board as rows: one struct per table, fields named as its columns.

mod writer;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

#[derive(Serialize)]
pub(super) struct User {
    pub(super) id: Uuid,
    email: String,
    password_hash: String,
    role: &'static str,
    account_type: &'static str,
    last_login: DateTime<Utc>,
    created_at: DateTime<Utc>,
}

#[derive(Serialize)]
pub(super) struct EmployerProfile {
    pub(super) id: Uuid,
    user_id: Uuid,
    first_name: &'static str,
    last_name: &'static str,
    position_title: &'static str,
    created_at: DateTime<Utc>,
}

#[derive(Serialize)]
pub(super) struct CompanyRow {
    pub(super) id: Uuid,
    employer_id: Option<Uuid>,
    name: String,
    slug: String,
    description: String,
    industry: &'static str,
    size: &'static str,
    headquarters_location: String,
    office_locations: Value,
    founded_date: Option<NaiveDate>,
    employee_count: i64,
    is_verified: bool,
    verified_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

#[derive(Serialize)]
pub(super) struct SkillRow {
    pub(super) name: &'static str,
    pub(super) slug: String,
    category: &'static str,
    popularity_score: usize,
}

#[derive(Serialize)]
pub(super) struct Job {
    pub(super) id: Uuid,
    employer_id: Option<Uuid>,
    company_id: Uuid,
    /// Slug.
    category: &'static str,
    title: String,
    description: String,
    requirements: String,
    responsibilities: String,
    benefits: String,
    location: String,
    is_remote: bool,
    job_type: &'static str,
    experience_level: &'static str,
    salary_min: Option<f64>,
    salary_max: Option<f64>,
    salary_currency: &'static str,
    salary_period: &'static str,
    status: &'static str,
    view_count: usize,
    application_count: usize,
    published_at: Option<DateTime<Utc>>,
    expires_at: Option<DateTime<Utc>>,
    closed_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

#[derive(Serialize)]
pub(super) struct JobSkill {
    id: Uuid,
    job_id: Uuid,
    /// Slug.
    skill: String,
    is_required: bool,
    years_required: i64,
}

#[derive(Serialize)]
pub(super) struct FreelancerProfile {
    pub(super) id: Uuid,
    user_id: Uuid,
    first_name: &'static str,
    last_name: &'static str,
    bio: String,
    title: String,
    location: String,
    service_categories: Value,
    preferred_locations: Value,
    hourly_rate_min: i64,
    hourly_rate_max: i64,
    rate_currency: &'static str,
    is_available: bool,
    is_open_to_remote: bool,
    time_zones: Value,
    created_at: DateTime<Utc>,
}

#[derive(Serialize)]
pub(super) struct UserSkill {
    id: Uuid,
    freelancer_profile_id: Uuid,
    /// Slug.
    skill: String,
    proficiency_level: &'static str,
    years_of_experience: i64,
}

#[derive(Serialize)]
pub(super) struct WorkExperience {
    id: Uuid,
    freelancer_profile_id: Uuid,
    company_name: String,
    job_title: String,
    location: String,
    start_date: NaiveDate,
    end_date: Option<NaiveDate>,
    is_current: bool,
}

#[derive(Serialize)]
pub(super) struct Education {
    id: Uuid,
    freelancer_profile_id: Uuid,
    institution: String,
    degree: &'static str,
    field_of_study: &'static str,
    start_date: NaiveDate,
    end_date: NaiveDate,
}

#[derive(Serialize)]
pub(super) struct JobView {
    id: Uuid,
    user_id: Option<Uuid>,
    job_id: Uuid,
    duration_seconds: i64,
    viewed_at: DateTime<Utc>,
}

#[derive(Serialize)]
pub(super) struct SavedJob {
    id: Uuid,
    user_id: Uuid,
    job_id: Uuid,
    created_at: DateTime<Utc>,
}

#[derive(Serialize)]
pub(super) struct ApplicationRow {
    id: Uuid,
    job_id: Uuid,
    applicant_id: Uuid,
    cover_letter: String,
    status: &'static str,
    rejection_reason: Option<&'static str>,
    rating: Option<i64>,
    applied_at: DateTime<Utc>,
    reviewed_at: Option<DateTime<Utc>>,
    status_changed_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

#[derive(Serialize)]
pub(super) struct StatusChange {
    id: Uuid,
    application_id: Uuid,
    changed_by: Option<Uuid>,
    from_status: Option<&'static str>,
    to_status: &'static str,
    changed_at: DateTime<Utc>,
}

/// Parents before children.
#[derive(Default)]
pub(super) struct Rows {
    pub(super) users: Vec<User>,
    /// The first one exists already, as does the first freelancer profile.
    pub(super) employers: Vec<EmployerProfile>,
    pub(super) companies: Vec<CompanyRow>,
    pub(super) skills: Vec<SkillRow>,
    pub(super) jobs: Vec<Job>,
    pub(super) job_skills: Vec<JobSkill>,
    pub(super) freelancers: Vec<FreelancerProfile>,
    pub(super) user_skills: Vec<UserSkill>,
    pub(super) experience: Vec<WorkExperience>,
    pub(super) education: Vec<Education>,
    pub(super) views: Vec<JobView>,
    pub(super) saves: Vec<SavedJob>,
    pub(super) applications: Vec<ApplicationRow>,
    pub(super) status_changes: Vec<StatusChange>,
    pub(super) live_jobs: Vec<Uuid>,
}
