//! The list of all skills, which administrators keep in order.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{MAX_NAME, SkillCategory, db::catalogue as db};
use crate::{Error, Result, rules::Rules, search, slug::slug};

/// A skill with all that is known of it.
#[derive(Clone, Debug)]
pub struct CatalogueSkill {
    pub id: Uuid,
    pub name: String,
    /// Always that of the name: two spellings of one slug are one skill.
    pub slug: String,
    pub description: String,
    /// Null: nobody has classified it yet.
    pub category: Option<SkillCategory>,
    pub popularity_score: f64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// What is said of a skill.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SkillContent {
    pub name: String,
    pub description: String,
    pub category: Option<SkillCategory>,
}

/// A change of a skill: what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct SkillPatch {
    pub name: Option<String>,
    pub description: Option<String>,
    pub category: Option<Option<SkillCategory>>,
}

pub async fn create(conn: &mut PgConnection, new: SkillPatch) -> Result<CatalogueSkill> {
    let content = apply(new, SkillContent::default());
    let slug = check(&content)?;
    let id = db::insert(conn, &slug, &content).await?;
    db::get(conn, id).await
}

/// Changes what the patch names. Jobs are found under the new name.
pub async fn update(
    conn: &mut PgConnection,
    id: Uuid,
    patch: SkillPatch,
) -> Result<CatalogueSkill> {
    lock_all(conn, &[id]).await?;
    let old = db::get(conn, id).await?;
    let old_name = old.name.clone();
    let content = apply(
        patch,
        SkillContent {
            name: old.name,
            description: old.description,
            category: old.category,
        },
    );
    let slug = check(&content)?;
    db::update(conn, id, &slug, &content).await?;
    if content.name != old_name {
        search::tasks::enqueue_scope(conn, search::tasks::Scope::Skill(id)).await?;
    }
    db::get(conn, id).await
}

/// Deletes a skill that no job and no profile names.
pub async fn delete(conn: &mut PgConnection, id: Uuid) -> Result<()> {
    lock_all(conn, &[id]).await?;
    if db::is_used(conn, id).await? {
        return Err(Error::conflict(
            "skill_in_use",
            "jobs or profiles name this skill; merge it into another one instead",
        ));
    }
    db::delete(conn, id).await
}

/// Makes two skills one: whatever names `id` names `into` from now on, and `id` is
/// gone. Gives `into`.
pub async fn merge(conn: &mut PgConnection, id: Uuid, into: Uuid) -> Result<CatalogueSkill> {
    if id == into {
        return Err(Error::invalid("into", "same_skill", "is the skill itself"));
    }
    db::get(conn, id).await?;
    if db::lock(conn, &[id, into]).await? < 2 {
        return Err(Error::invalid(
            "into",
            "unknown_skill",
            "no skill has this id",
        ));
    }
    db::reassign(conn, id, into).await?;
    db::delete(conn, id).await?;
    search::tasks::enqueue_scope(conn, search::tasks::Scope::Skill(into)).await?;
    db::get(conn, into).await
}

async fn lock_all(conn: &mut PgConnection, ids: &[Uuid]) -> Result<()> {
    if db::lock(conn, ids).await? < ids.len() {
        return Err(Error::NotFound("skill"));
    }
    Ok(())
}

fn apply(patch: SkillPatch, content: SkillContent) -> SkillContent {
    let name = patch.name.unwrap_or(content.name);
    SkillContent {
        name: name.split_whitespace().collect::<Vec<_>>().join(" "),
        description: patch.description.unwrap_or(content.description),
        category: patch.category.unwrap_or(content.category),
    }
}

/// Gives the slug.
fn check(content: &SkillContent) -> Result<String> {
    let mut rules = Rules::new();
    rules.required_line("name", &content.name, MAX_NAME);
    let slug = slug(&content.name);
    if slug.is_empty() && !content.name.is_empty() {
        rules.refuse("name", "invalid_skill", "must contain a letter or a digit");
    }
    if slug.chars().count() > MAX_NAME {
        rules.refuse("name", "too_long", "its signs, spelled out, are too long");
    }
    rules.text("description", &content.description, 5000);
    rules.finish()?;
    Ok(slug)
}
