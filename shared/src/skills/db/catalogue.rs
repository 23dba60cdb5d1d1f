//! SQL of the list of all skills, which administrators keep in order.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    Error, Result,
    pagination::{Paging, Slice},
    skills::{
        SkillCategory,
        catalogue::{CatalogueSkill, SkillContent},
    },
};

/// By name; whose name has `part` in it, and of a category.
pub async fn page(
    conn: &mut PgConnection,
    part: Option<&str>,
    category: Option<SkillCategory>,
    paging: &Paging<String>,
) -> Result<Slice<CatalogueSkill, String>> {
    let rows = sqlx::query_as!(
        CatalogueSkill,
        r#"
        select id, name, slug, description, category as "category: SkillCategory",
            popularity_score, created_at, updated_at
        from skills
        where ($1::text is null or position(lower($1) in lower(name)) > 0)
            and ($2::skill_category is null or category = $2)
            and ($3::text is null or name > $3)
        order by name
        limit $4
        "#,
        part,
        category as Option<SkillCategory>,
        paging.cursor(),
        paging.limit(),
    )
    .fetch_all(conn)
    .await?;
    Ok(Slice::cut(rows, paging.size, None, |skill| {
        skill.name.clone()
    }))
}

pub async fn get(conn: &mut PgConnection, id: Uuid) -> Result<CatalogueSkill> {
    sqlx::query_as!(
        CatalogueSkill,
        r#"
        select id, name, slug, description, category as "category: SkillCategory",
            popularity_score, created_at, updated_at
        from skills where id = $1
        "#,
        id
    )
    .fetch_optional(conn)
    .await?
    .ok_or(Error::NotFound("skill"))
}

/// Keeps these from being changed, and from being named by jobs and profiles, until
/// the transaction ends; in one order, whoever asks. Gives how many there are.
pub(in crate::skills) async fn lock(conn: &mut PgConnection, ids: &[Uuid]) -> Result<usize> {
    let found = sqlx::query_scalar!(
        "select id from skills where id = any ($1) order by id for update",
        ids
    )
    .fetch_all(conn)
    .await?;
    Ok(found.len())
}

pub(in crate::skills) async fn insert(
    conn: &mut PgConnection,
    slug: &str,
    content: &SkillContent,
) -> Result<Uuid> {
    let id = sqlx::query_scalar!(
        "insert into skills (name, slug, description, category) values ($1, $2, $3, $4) returning id",
        content.name,
        slug,
        content.description,
        content.category as Option<SkillCategory>,
    )
    .fetch_one(conn)
    .await?;
    Ok(id)
}

pub(in crate::skills) async fn update(
    conn: &mut PgConnection,
    id: Uuid,
    slug: &str,
    content: &SkillContent,
) -> Result<()> {
    sqlx::query!(
        "update skills set name = $2, slug = $3, description = $4, category = $5 where id = $1",
        id,
        content.name,
        slug,
        content.description,
        content.category as Option<SkillCategory>,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(in crate::skills) async fn is_used(conn: &mut PgConnection, id: Uuid) -> Result<bool> {
    let used = sqlx::query_scalar!(
        r#"select exists (select from job_skills where skill_id = $1)
               or exists (select from user_skills where skill_id = $1) as "used!""#,
        id
    )
    .fetch_one(conn)
    .await?;
    Ok(used)
}

/// Jobs and profiles that name `from` name `into` instead. Those that name both keep
/// what they say of `into`.
pub(in crate::skills) async fn reassign(
    conn: &mut PgConnection,
    from: Uuid,
    into: Uuid,
) -> Result<()> {
    sqlx::query!(
        "update job_skills one set skill_id = $2
         where skill_id = $1 and not exists (
             select from job_skills other where other.job_id = one.job_id and other.skill_id = $2)",
        from,
        into
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "update user_skills one set skill_id = $2
         where skill_id = $1 and not exists (
             select from user_skills other
             where other.freelancer_profile_id = one.freelancer_profile_id and other.skill_id = $2)",
        from,
        into
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "update skills set popularity_score = popularity_score
             + (select popularity_score from skills where id = $1)
         where id = $2",
        from,
        into
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(in crate::skills) async fn delete(conn: &mut PgConnection, id: Uuid) -> Result<()> {
    sqlx::query!("delete from skills where id = $1", id)
        .execute(conn)
        .await?;
    Ok(())
}
