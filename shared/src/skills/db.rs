//! SQL of skills.

pub mod catalogue;

use sqlx::PgConnection;
use uuid::Uuid;

use super::{Skill, SkillCategory, SkillCursor, SkillFilter, catalogue::CatalogueSkill};
use crate::{
    Result,
    database::escape_like,
    pagination::{Paging, Slice, Start},
};

/// Skills by id and by slug; a slug that is missing is created with the name
/// beside it. The slugs come sorted.
pub async fn find_or_create(
    conn: &mut PgConnection,
    ids: &[Uuid],
    slugs: &[String],
    names: &[String],
) -> Result<Vec<Skill>> {
    let known = find(conn, ids, slugs).await?;
    if slugs
        .iter()
        .all(|slug| known.iter().any(|skill| skill.slug == *slug))
    {
        return Ok(known);
    }
    sqlx::query!(
        r#"
        insert into skills (slug, name)
        select wanted.slug, wanted.name
        from unnest($1::text[], $2::text[]) with ordinality as wanted (slug, name, place)
        order by wanted.place
        on conflict do nothing
        "#,
        slugs,
        names
    )
    .execute(&mut *conn)
    .await?;
    find(conn, ids, slugs).await
}

pub async fn find(conn: &mut PgConnection, ids: &[Uuid], slugs: &[String]) -> Result<Vec<Skill>> {
    let skills = sqlx::query_as!(
        Skill,
        r#"
        select id, name, slug, category as "category: SkillCategory"
        from skills
        where id = any($1) or slug = any($2)
        "#,
        ids,
        slugs
    )
    .fetch_all(conn)
    .await?;
    Ok(skills)
}

/// By name.
pub async fn list(
    conn: &mut PgConnection,
    filter: &SkillFilter,
    paging: &Paging<SkillCursor>,
) -> Result<Slice<CatalogueSkill, SkillCursor>> {
    let part = filter
        .name_part
        .as_deref()
        .map(|part| format!("%{}%", escape_like(&part.trim().to_lowercase())));
    let cursor = paging.cursor();
    let rows = sqlx::query_as!(
        CatalogueSkill,
        r#"select id, name, slug, description, category as "category: SkillCategory",
                  popularity_score, created_at, updated_at
           from skills
           where ($1::text is null or lower(name) like $1)
             and ($2::skill_category is null or category = $2)
             and ($3::text is null or (lower(name) collate "C", id) > (lower($3), $4))
           order by lower(name) collate "C", id
           limit $5 offset $6"#,
        part,
        filter.category as Option<SkillCategory>,
        cursor.map(|cursor| cursor.name.as_str()),
        cursor.map(|cursor| cursor.id),
        paging.limit(),
        paging.offset(),
    )
    .fetch_all(&mut *conn)
    .await?;
    let total = match paging.start {
        Start::Page(_) => {
            sqlx::query_scalar!(
                "select count(*) from skills
             where ($1::text is null or lower(name) like $1)
               and ($2::skill_category is null or category = $2)",
                part,
                filter.category as Option<SkillCategory>,
            )
            .fetch_one(conn)
            .await?
        }
        Start::After(_) => None,
    };
    Ok(Slice::cut(rows, paging.size, total, |skill| SkillCursor {
        name: skill.name.clone(),
        id: skill.id,
    }))
}
