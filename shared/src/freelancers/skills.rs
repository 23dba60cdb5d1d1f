//! The skills of a profile. Each is named by the id of the skill itself.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{db, parts::check_room};
use crate::{
    Error, Result, recommendations,
    rules::Rules,
    skills::{self, ProficiencyLevel, Skill},
};

/// A skill that a freelancer has.
#[derive(Clone, Debug, PartialEq)]
pub struct UserSkill {
    /// Of the skill, not of the profile's line.
    pub skill: Skill,
    pub details: SkillDetails,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// What a freelancer says of a skill.
#[derive(Clone, Debug, PartialEq)]
pub struct SkillDetails {
    pub proficiency_level: ProficiencyLevel,
    pub years_of_experience: f64,
    pub last_used: Option<NaiveDate>,
}

async fn check(conn: &mut PgConnection, details: &SkillDetails) -> Result<()> {
    let today = db::latest_today(conn).await?;
    let mut rules = Rules::new();
    rules.years("years_of_experience", Some(details.years_of_experience));
    rules.past_day("last_used", details.last_used, today);
    rules.finish()
}

/// Lists a skill on the profile; one that it lists already is a conflict. `skill` is
/// an id or a name; an unknown name becomes a skill.
pub async fn add(
    conn: &mut PgConnection,
    profile_id: Uuid,
    skill: &str,
    details: SkillDetails,
) -> Result<UserSkill> {
    check(conn, &details).await?;
    let skill = skills::resolve_or_create(conn, "skill", &[skill])
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
    let count = db::skills::count(conn, profile_id).await?;
    check_room(conn, count).await?;
    let created_at = db::skills::insert(conn, profile_id, skill.id, &details).await?;
    recommendations::tasks::enqueue_refresh(conn, user_id).await?;
    Ok(UserSkill {
        skill,
        details,
        created_at,
        updated_at: created_at,
    })
}

pub async fn replace(
    conn: &mut PgConnection,
    profile_id: Uuid,
    skill_id: Uuid,
    details: &SkillDetails,
) -> Result<UserSkill> {
    check(conn, details).await?;
    let user_id = db::lock(conn, profile_id).await?;
    db::skills::update(conn, profile_id, skill_id, details).await?;
    recommendations::tasks::enqueue_refresh(conn, user_id).await?;
    db::skills::get(conn, profile_id, skill_id).await
}

/// Takes a skill from the profile.
pub async fn remove(conn: &mut PgConnection, profile_id: Uuid, skill_id: Uuid) -> Result<()> {
    let user_id = db::lock(conn, profile_id).await?;
    db::skills::delete(conn, profile_id, skill_id).await?;
    recommendations::tasks::enqueue_refresh(conn, user_id).await?;
    Ok(())
}
