//! Profiles of job seekers with skills and history.

pub mod db;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    Error, Result, recommendations,
    rules::Rules,
    skills::{self, ProficiencyLevel, Skill},
};

#[derive(Clone, Debug)]
pub struct FreelancerProfile {
    pub id: Uuid,
    pub user_id: Uuid,
    pub details: FreelancerDetails,
    pub projects_completed: i32,
    /// 1 to 5; null without reviews.
    pub average_rating: Option<Decimal>,
    pub total_reviews: i32,
    /// By name.
    pub skills: Vec<UserSkill>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
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
    pub total_experience_years: f64,
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
            total_experience_years: 0.0,
            availability_hours: json!({}),
            time_zones: Vec::new(),
            payment_methods: None,
        }
    }
}

/// A skill that a freelancer has.
#[derive(Clone, Debug, PartialEq)]
pub struct UserSkill {
    /// Of the skill, not of the profile's line.
    pub skill: Skill,
    pub proficiency_level: ProficiencyLevel,
    pub years_of_experience: f64,
    pub last_used: Option<NaiveDate>,
    pub created_at: DateTime<Utc>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct NewUserSkill {
    /// Id or name; an unknown name becomes a skill.
    pub skill: String,
    pub proficiency_level: ProficiencyLevel,
    pub years_of_experience: f64,
    pub last_used: Option<NaiveDate>,
}

/// A profile lists at most this many skills.
pub const MAX_SKILLS: i64 = 200;

impl FreelancerDetails {
    fn check(&self) -> Result<()> {
        let mut rules = Rules::new();
        rules.text("first_name", &self.first_name, 100);
        rules.text("last_name", &self.last_name, 100);
        rules.optional_text("phone", self.phone.as_deref(), 40);
        rules.optional_text("bio", self.bio.as_deref(), 10_000);
        rules.optional_text("title", self.title.as_deref(), 200);
        rules.optional_text("location", self.location.as_deref(), 300);
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
        rules.years("total_experience_years", Some(self.total_experience_years));
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

/// Lists a skill on the profile; one that it lists already is a conflict.
pub async fn add_skill(
    conn: &mut PgConnection,
    profile_id: Uuid,
    new: &NewUserSkill,
) -> Result<UserSkill> {
    let mut rules = Rules::new();
    rules.years("years_of_experience", Some(new.years_of_experience));
    if let Some(date) = new.last_used
        && db::is_future(conn, date).await?
    {
        rules.refuse("last_used", "in_the_future", "must not be in the future");
    }
    rules.finish()?;
    let skill = skills::resolve_or_create(conn, "skill", &[new.skill.as_str()])
        .await?
        .map_err(|mut errors| {
            for error in &mut errors {
                "skill".clone_into(&mut error.field);
            }
            Error::Invalid(errors)
        })?
        .pop()
        .ok_or(Error::NotFound("skill"))?;
    // Locked, so that parallel additions cannot pass the limit together.
    let user_id = db::lock(conn, profile_id).await?;
    if db::count_skills(conn, profile_id).await? >= MAX_SKILLS {
        return Err(Error::conflict(
            "too_many_skills",
            format!("a profile lists at most {MAX_SKILLS} skills"),
        ));
    }
    let created_at = db::insert_skill(conn, profile_id, skill.id, new).await?;
    recommendations::tasks::enqueue_refresh(conn, user_id).await?;
    Ok(UserSkill {
        skill,
        proficiency_level: new.proficiency_level,
        years_of_experience: new.years_of_experience,
        last_used: new.last_used,
        created_at,
    })
}

/// Takes a skill, named by its own id, from the profile.
pub async fn remove_skill(conn: &mut PgConnection, profile_id: Uuid, skill_id: Uuid) -> Result<()> {
    let user_id = db::lock(conn, profile_id).await?;
    db::delete_skill(conn, profile_id, skill_id).await?;
    recommendations::tasks::enqueue_refresh(conn, user_id).await?;
    Ok(())
}
