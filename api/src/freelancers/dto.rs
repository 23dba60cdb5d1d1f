//! Profiles of job seekers as clients send and see them.

use chrono::{DateTime, Utc};
use jobboard_shared::{
    freelancers::{
        self, FreelancerDetails,
        parts::{Certification, Education, Entry, Project, WorkExperience},
    },
    jobs::DEFAULT_CURRENCY,
};
use poem_openapi::{Object, types::Any};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    parts::dto::{CertificationEntry, EducationEntry, Portfolio, WorkExperienceEntry},
    skills::UserSkill,
};

/// Who seeks jobs
#[derive(Debug, Object)]
pub(super) struct FreelancerProfile {
    id: Uuid,
    user_id: Uuid,
    first_name: String,
    last_name: String,
    phone: Option<String>,
    bio: Option<String>,
    title: Option<String>,
    location: Option<String>,
    profile_picture_url: Option<String>,
    resume_url: Option<String>,
    portfolio_url: Option<String>,
    linkedin_url: Option<String>,
    github_url: Option<String>,
    service_categories: Vec<String>,
    preferred_project_types: Vec<String>,
    preferred_locations: Vec<String>,
    hourly_rate_min: Option<Decimal>,
    hourly_rate_max: Option<Decimal>,
    rate_currency: String,
    is_available: bool,
    is_open_to_remote: bool,
    /// Hires through the board: applications that were accepted
    projects_completed: i32,
    /// 1 to 5; null without reviews
    average_rating: Option<Decimal>,
    total_reviews: i32,
    /// Of work, up to today; times that overlap count once
    total_experience_years: f64,
    availability_hours: Any<Value>,
    time_zones: Vec<String>,
    payment_methods: Option<String>,
    skills: Vec<UserSkill>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<freelancers::FreelancerProfile> for FreelancerProfile {
    fn from(profile: freelancers::FreelancerProfile) -> Self {
        let details = profile.details;
        Self {
            id: profile.id,
            user_id: profile.user_id,
            first_name: details.first_name,
            last_name: details.last_name,
            phone: details.phone,
            bio: details.bio,
            title: details.title,
            location: details.location,
            profile_picture_url: details.profile_picture_url,
            resume_url: details.resume_url,
            portfolio_url: details.portfolio_url,
            linkedin_url: details.linkedin_url,
            github_url: details.github_url,
            service_categories: details.service_categories,
            preferred_project_types: details.preferred_project_types,
            preferred_locations: details.preferred_locations,
            hourly_rate_min: details.hourly_rate_min,
            hourly_rate_max: details.hourly_rate_max,
            rate_currency: details.rate_currency,
            is_available: details.is_available,
            is_open_to_remote: details.is_open_to_remote,
            projects_completed: profile.projects_completed,
            average_rating: profile.average_rating,
            total_reviews: profile.total_reviews,
            total_experience_years: profile.total_experience_years,
            availability_hours: Any(details.availability_hours),
            time_zones: details.time_zones,
            payment_methods: details.payment_methods,
            skills: profile.skills.into_iter().map(Into::into).collect(),
            created_at: profile.created_at,
            updated_at: profile.updated_at,
        }
    }
}

/// A job seeker with all that the profile lists
#[derive(Debug, Object)]
pub(super) struct WholeFreelancer {
    #[oai(flatten)]
    profile: FreelancerProfile,
    portfolio: Vec<Portfolio>,
    experience: Vec<WorkExperienceEntry>,
    education: Vec<EducationEntry>,
    certifications: Vec<CertificationEntry>,
}

impl From<freelancers::WholeProfile> for WholeFreelancer {
    fn from(whole: freelancers::WholeProfile) -> Self {
        Self {
            profile: whole.profile.into(),
            portfolio: shown::<Project, _>(whole.portfolio),
            experience: shown::<WorkExperience, _>(whole.experience),
            education: shown::<Education, _>(whole.education),
            certifications: shown::<Certification, _>(whole.certifications),
        }
    }
}

fn shown<P, V: From<Entry<P>>>(entries: Vec<Entry<P>>) -> Vec<V> {
    entries.into_iter().map(V::from).collect()
}

fn yes() -> bool {
    true
}

fn default_currency() -> String {
    DEFAULT_CURRENCY.to_owned()
}

fn no_hours() -> Any<Value> {
    Any(json!({}))
}

/// What a job seeker says of themselves, whole: what is left out is emptied
#[derive(Debug, Object)]
pub(super) struct FreelancerProfileInput {
    #[oai(default, validator(max_length = 100))]
    first_name: String,
    #[oai(default, validator(max_length = 100))]
    last_name: String,
    #[oai(validator(max_length = 40))]
    phone: Option<String>,
    #[oai(validator(max_length = 10000))]
    bio: Option<String>,
    /// What they call themselves: "Backend developer"
    #[oai(validator(max_length = 200))]
    title: Option<String>,
    #[oai(validator(max_length = 300))]
    location: Option<String>,
    #[oai(validator(max_length = 2000))]
    profile_picture_url: Option<String>,
    #[oai(validator(max_length = 2000))]
    resume_url: Option<String>,
    #[oai(validator(max_length = 2000))]
    portfolio_url: Option<String>,
    #[oai(validator(max_length = 2000))]
    linkedin_url: Option<String>,
    #[oai(validator(max_length = 2000))]
    github_url: Option<String>,
    #[oai(default, validator(max_items = 50))]
    service_categories: Vec<String>,
    #[oai(default, validator(max_items = 50))]
    preferred_project_types: Vec<String>,
    #[oai(default, validator(max_items = 50))]
    preferred_locations: Vec<String>,
    /// A number, or a string to be exact
    hourly_rate_min: Option<Decimal>,
    /// A number, or a string to be exact
    hourly_rate_max: Option<Decimal>,
    #[oai(default = "default_currency", validator(pattern = "^[A-Z]{3}$"))]
    rate_currency: String,
    #[oai(default = "yes")]
    is_available: bool,
    #[oai(default = "yes")]
    is_open_to_remote: bool,
    /// An object: day -> hours
    #[oai(default = "no_hours")]
    availability_hours: Any<Value>,
    #[oai(default, validator(max_items = 20))]
    time_zones: Vec<String>,
    #[oai(validator(max_length = 1000))]
    payment_methods: Option<String>,
}

impl From<FreelancerProfileInput> for FreelancerDetails {
    fn from(input: FreelancerProfileInput) -> Self {
        Self {
            first_name: input.first_name.trim().to_owned(),
            last_name: input.last_name.trim().to_owned(),
            phone: input.phone,
            bio: input.bio,
            title: input.title,
            location: input.location,
            profile_picture_url: input.profile_picture_url,
            resume_url: input.resume_url,
            portfolio_url: input.portfolio_url,
            linkedin_url: input.linkedin_url,
            github_url: input.github_url,
            service_categories: input.service_categories,
            preferred_project_types: input.preferred_project_types,
            preferred_locations: input.preferred_locations,
            hourly_rate_min: input.hourly_rate_min,
            hourly_rate_max: input.hourly_rate_max,
            rate_currency: input.rate_currency,
            is_available: input.is_available,
            is_open_to_remote: input.is_open_to_remote,
            availability_hours: input.availability_hours.0,
            time_zones: input.time_zones,
            payment_methods: input.payment_methods,
        }
    }
}
