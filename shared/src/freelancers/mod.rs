//! Profiles of job seekers with skills and history.

pub mod access;
pub mod consent;
pub mod db;
pub mod parts;
pub mod reviews;
pub mod skills;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use self::{
    access::Reader,
    parts::{Certification, Education, Entry, Project, WorkExperience},
    skills::UserSkill,
};
use crate::{Result, recommendations, rules::Rules};

/// No part of a profile has more entries, whatever the settings say.
pub const MOST_ITEMS: u32 = 1_000;

#[derive(Clone, Debug)]
pub struct FreelancerProfile {
    pub id: Uuid,
    pub user_id: Uuid,
    pub details: FreelancerDetails,
    /// Hires through the board: applications that were accepted.
    pub projects_completed: i32,
    /// 1 to 5; null without reviews.
    pub average_rating: Option<Decimal>,
    pub total_reviews: i32,
    /// Of work, up to today; times that overlap count once.
    pub total_experience_years: f64,
    /// By name.
    pub skills: Vec<UserSkill>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// A profile with all its lists, each the latest first.
#[derive(Clone, Debug)]
pub struct WholeProfile {
    pub profile: FreelancerProfile,
    pub portfolio: Vec<Entry<Project>>,
    pub experience: Vec<Entry<WorkExperience>>,
    pub education: Vec<Entry<Education>>,
    pub certifications: Vec<Entry<Certification>>,
}

/// What job seekers say of themselves.
#[derive(Clone, Debug, PartialEq)]
pub struct FreelancerDetails {
    pub first_name: String,
    pub last_name: String,
    pub phone: Option<String>,
    pub bio: Option<String>,
    /// What they call themselves: "Backend developer".
    pub title: Option<String>,
    pub location: Option<String>,
    pub profile_picture_url: Option<String>,
    pub resume_url: Option<String>,
    pub portfolio_url: Option<String>,
    pub linkedin_url: Option<String>,
    pub github_url: Option<String>,
    pub service_categories: Vec<String>,
    pub preferred_project_types: Vec<String>,
    pub preferred_locations: Vec<String>,
    pub hourly_rate_min: Option<Decimal>,
    pub hourly_rate_max: Option<Decimal>,
    pub rate_currency: String,
    pub is_available: bool,
    pub is_open_to_remote: bool,
    /// A JSON object of the freelancer's own making: day -> hours.
    pub availability_hours: Value,
    pub time_zones: Vec<String>,
    pub payment_methods: Option<String>,
}

impl Default for FreelancerDetails {
    fn default() -> Self {
        Self {
            first_name: String::new(),
            last_name: String::new(),
            phone: None,
            bio: None,
            title: None,
            location: None,
            profile_picture_url: None,
            resume_url: None,
            portfolio_url: None,
            linkedin_url: None,
            github_url: None,
            service_categories: Vec::new(),
            preferred_project_types: Vec::new(),
            preferred_locations: Vec::new(),
            hourly_rate_min: None,
            hourly_rate_max: None,
            rate_currency: crate::jobs::DEFAULT_CURRENCY.to_owned(),
            is_available: true,
            is_open_to_remote: true,
            availability_hours: json!({}),
            time_zones: Vec::new(),
            payment_methods: None,
        }
    }
}

impl FreelancerDetails {
    fn check(&self) -> Result<()> {
        let mut rules = Rules::new();
        rules.line("first_name", &self.first_name, 100);
        rules.line("last_name", &self.last_name, 100);
        rules.optional_line("phone", self.phone.as_deref(), 40);
        rules.optional_text("bio", self.bio.as_deref(), 10_000);
        rules.optional_line("title", self.title.as_deref(), 200);
        rules.optional_line("location", self.location.as_deref(), 300);
        rules.url("profile_picture_url", self.profile_picture_url.as_deref());
        rules.url("resume_url", self.resume_url.as_deref());
        rules.url("portfolio_url", self.portfolio_url.as_deref());
        rules.url("linkedin_url", self.linkedin_url.as_deref());
        rules.url("github_url", self.github_url.as_deref());
        rules.texts("service_categories", &self.service_categories, 50, 100);
        rules.texts(
            "preferred_project_types",
            &self.preferred_project_types,
            50,
            100,
        );
        rules.texts("preferred_locations", &self.preferred_locations, 50, 300);
        rules.money("hourly_rate_min", self.hourly_rate_min, 10);
        rules.money("hourly_rate_max", self.hourly_rate_max, 10);
        rules.order(
            ("hourly_rate_min", self.hourly_rate_min),
            ("hourly_rate_max", self.hourly_rate_max),
        );
        rules.currency("rate_currency", &self.rate_currency);
        rules.object("availability_hours", &self.availability_hours, 10_000);
        rules.texts("time_zones", &self.time_zones, 20, 100);
        rules.optional_text("payment_methods", self.payment_methods.as_deref(), 1000);
        rules.finish()
    }
}

/// Replaces what a freelancer says of themselves.
pub async fn update_profile(
    conn: &mut PgConnection,
    profile_id: Uuid,
    details: &FreelancerDetails,
) -> Result<FreelancerProfile> {
    details.check()?;
    db::update_details(conn, profile_id, details).await?;
    let profile = db::get(conn, profile_id).await?;
    recommendations::tasks::enqueue_refresh(conn, profile.user_id).await?;
    Ok(profile)
}

/// The profile, for whoever may read it.
pub async fn whole(
    conn: &mut PgConnection,
    reader: Reader,
    profile_id: Uuid,
) -> Result<WholeProfile> {
    reader.ensure_may_read(conn, profile_id).await?;
    Ok(WholeProfile {
        profile: db::get(conn, profile_id).await?,
        portfolio: db::parts::all(conn, profile_id, MOST_ITEMS).await?,
        experience: db::parts::all(conn, profile_id, MOST_ITEMS).await?,
        education: db::parts::all(conn, profile_id, MOST_ITEMS).await?,
        certifications: db::parts::all(conn, profile_id, MOST_ITEMS).await?,
    })
}
