//! Every statement on the skills of a profile.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    Error, Result,
    freelancers::skills::{SkillDetails, UserSkill},
    pagination::{Paging, Slice, Start},
    skills::{ProficiencyLevel, Skill, SkillCategory, SkillCursor},
};

struct Row {
    id: Uuid,
    name: String,
    slug: String,
    category: Option<SkillCategory>,
    proficiency_level: ProficiencyLevel,
    years_of_experience: f64,
    last_used: Option<NaiveDate>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<Row> for UserSkill {
    fn from(row: Row) -> Self {
        Self {
            skill: Skill {
                id: row.id,
                name: row.name,
                slug: row.slug,
                category: row.category,
            },
            details: SkillDetails {
                proficiency_level: row.proficiency_level,
                years_of_experience: row.years_of_experience,
                last_used: row.last_used,
            },
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// By name.
pub async fn list(
    conn: &mut PgConnection,
    profile_id: Uuid,
    paging: &Paging<SkillCursor>,
) -> Result<Slice<UserSkill, SkillCursor>> {
    let cursor = paging.cursor();
    let rows = sqlx::query_as!(
        Row,
        r#"select s.id, s.name, s.slug, s.category as "category: SkillCategory",
                  us.proficiency_level as "proficiency_level: ProficiencyLevel",
                  us.years_of_experience::float8 as "years_of_experience!", us.last_used,
                  us.created_at, us.updated_at
           from user_skills us join skills s on s.id = us.skill_id
           where us.freelancer_profile_id = $1
             and ($2::text is null or (lower(s.name) collate "C", s.id) > (lower($2), $3))
           order by lower(s.name) collate "C", s.id
           limit $4 offset $5"#,
        profile_id,
        cursor.map(|cursor| cursor.name.as_str()),
        cursor.map(|cursor| cursor.id),
        paging.limit(),
        paging.offset(),
    )
    .fetch_all(&mut *conn)
    .await?;
    let total = match paging.start {
        Start::Page(_) => Some(count(conn, profile_id).await?),
        Start::After(_) => None,
    };
    let slice = Slice::cut(rows, paging.size, total, |row| SkillCursor {
        name: row.name.clone(),
        id: row.id,
    });
    Ok(Slice {
        rows: slice.rows.into_iter().map(Into::into).collect(),
        next: slice.next,
        total: slice.total,
    })
}

/// By name, up to `limit`.
pub async fn all(conn: &mut PgConnection, profile_id: Uuid, limit: u32) -> Result<Vec<UserSkill>> {
    let paging = Paging {
        start: Start::After(None),
        size: limit,
    };
    Ok(list(conn, profile_id, &paging).await?.rows)
}

pub async fn get(conn: &mut PgConnection, profile_id: Uuid, skill_id: Uuid) -> Result<UserSkill> {
    sqlx::query_as!(
        Row,
        r#"select s.id, s.name, s.slug, s.category as "category: SkillCategory",
                  us.proficiency_level as "proficiency_level: ProficiencyLevel",
                  us.years_of_experience::float8 as "years_of_experience!", us.last_used,
                  us.created_at, us.updated_at
           from user_skills us join skills s on s.id = us.skill_id
           where us.freelancer_profile_id = $1 and us.skill_id = $2"#,
        profile_id,
        skill_id,
    )
    .fetch_optional(conn)
    .await?
    .map(Into::into)
    .ok_or(Error::NotFound("skill"))
}

pub async fn count(conn: &mut PgConnection, profile_id: Uuid) -> Result<i64> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from user_skills where freelancer_profile_id = $1"#,
        profile_id
    )
    .fetch_one(conn)
    .await?;
    Ok(count)
}

pub async fn insert(
    conn: &mut PgConnection,
    profile_id: Uuid,
    skill_id: Uuid,
    details: &SkillDetails,
) -> Result<DateTime<Utc>> {
    let created_at = sqlx::query_scalar!(
        "insert into user_skills
             (freelancer_profile_id, skill_id, proficiency_level, years_of_experience, last_used)
         values ($1, $2, $3, $4::float8, $5)
         returning created_at",
        profile_id,
        skill_id,
        details.proficiency_level as ProficiencyLevel,
        details.years_of_experience,
        details.last_used,
    )
    .fetch_one(conn)
    .await?;
    Ok(created_at)
}

pub async fn update(
    conn: &mut PgConnection,
    profile_id: Uuid,
    skill_id: Uuid,
    details: &SkillDetails,
) -> Result<()> {
    let done = sqlx::query!(
        "update user_skills
         set proficiency_level = $3, years_of_experience = $4::float8, last_used = $5
         where freelancer_profile_id = $1 and skill_id = $2",
        profile_id,
        skill_id,
        details.proficiency_level as ProficiencyLevel,
        details.years_of_experience,
        details.last_used,
    )
    .execute(conn)
    .await?;
    if done.rows_affected() == 0 {
        return Err(Error::NotFound("skill"));
    }
    Ok(())
}

pub async fn delete(conn: &mut PgConnection, profile_id: Uuid, skill_id: Uuid) -> Result<()> {
    let done = sqlx::query!(
        "delete from user_skills where freelancer_profile_id = $1 and skill_id = $2",
        profile_id,
        skill_id
    )
    .execute(conn)
    .await?;
    if done.rows_affected() == 0 {
        return Err(Error::NotFound("skill"));
    }
    Ok(())
}
