//! Skills that jobs ask for and freelancers have.

pub mod catalogue;
pub mod db;

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{Error, FieldError, Result, slug::slug};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skill {
    pub id: Uuid,
    pub name: String,
    pub slug: String,
    /// Null: nobody has classified it yet.
    pub category: Option<SkillCategory>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "skill_category", rename_all = "snake_case")]
pub enum SkillCategory {
    Programming,
    Framework,
    Tool,
    SoftSkill,
    Language,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "proficiency_level", rename_all = "snake_case")]
pub enum ProficiencyLevel {
    Beginner,
    Intermediate,
    Advanced,
    Expert,
}

/// What is looked for among the skills.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SkillFilter {
    /// Any part of the name, without regard to case.
    pub name_part: Option<String>,
    pub category: Option<SkillCategory>,
}

/// A place in a list of skills by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkillCursor {
    pub name: String,
    pub id: Uuid,
}

/// The longest name of a skill, in characters.
pub const MAX_NAME: usize = 100;

/// The skill that a request names by id, slug or any spelling of its name.
pub async fn resolve(conn: &mut PgConnection, reference: &str) -> Result<Uuid> {
    let name = reference.split_whitespace().collect::<Vec<_>>().join(" ");
    let ids: Vec<Uuid> = Uuid::parse_str(&name).into_iter().collect();
    let found = db::find(conn, &ids, &[slug(&name), name]).await?;
    found.first().map(|skill| skill.id).ok_or_else(|| {
        Error::invalid(
            "skill",
            "unknown_skill",
            "no skill has this id, slug or name",
        )
    })
}

/// The skills that a request names by id or name, one for each reference, in
/// their order. Unknown names become skills; two spellings of one slug are one
/// skill ("node js" is "Node.js"). Errors name the field `<field>.<index>`.
pub async fn resolve_or_create(
    conn: &mut PgConnection,
    field: &str,
    references: &[&str],
) -> Result<Result<Vec<Skill>, Vec<FieldError>>> {
    let mut errors = Vec::new();
    let mut keys = Vec::with_capacity(references.len());
    // Sorted by slug: two requests that create the same skills cannot wait for
    // each other in a circle.
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    let mut ids = Vec::new();
    for (i, reference) in references.iter().enumerate() {
        let name = reference.split_whitespace().collect::<Vec<_>>().join(" ");
        if let Ok(id) = Uuid::parse_str(&name) {
            ids.push(id);
            keys.push(Key::Id(id));
            continue;
        }
        let slug = slug(&name);
        let wrong = if slug.is_empty() || name.contains(char::is_control) {
            Some((
                "invalid_skill",
                "must contain a letter or a digit".to_owned(),
            ))
        } else if name.chars().count() > MAX_NAME || slug.chars().count() > MAX_NAME {
            Some(("too_long", format!("at most {MAX_NAME} characters")))
        } else {
            None
        };
        if let Some((code, message)) = wrong {
            errors.push(FieldError::new(format!("{field}.{i}"), code, message));
        }
        names.entry(slug.clone()).or_insert(name);
        keys.push(Key::Slug(slug));
    }
    if !errors.is_empty() {
        return Ok(Err(errors));
    }
    let (slugs, names): (Vec<String>, Vec<String>) = names.into_iter().unzip();
    let found = db::find_or_create(conn, &ids, &slugs, &names).await?;
    let by_id: HashMap<Uuid, &Skill> = found.iter().map(|skill| (skill.id, skill)).collect();
    let by_slug: HashMap<&str, &Skill> = found.iter().map(|s| (s.slug.as_str(), s)).collect();
    let mut skills = Vec::with_capacity(keys.len());
    for (i, key) in keys.iter().enumerate() {
        let skill = match key {
            Key::Id(id) => by_id.get(id),
            Key::Slug(slug) => by_slug.get(slug.as_str()),
        };
        match skill {
            Some(skill) => skills.push((*skill).clone()),
            None => errors.push(FieldError::new(
                format!("{field}.{i}"),
                "unknown_skill",
                "no skill has this id",
            )),
        }
    }
    Ok(if errors.is_empty() {
        Ok(skills)
    } else {
        Err(errors)
    })
}

enum Key {
    Id(Uuid),
    Slug(String),
}
