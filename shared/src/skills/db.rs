//! SQL of skills.

pub mod catalogue;

use sqlx::PgConnection;
use uuid::Uuid;

use super::{Skill, SkillCategory};
use crate::Result;

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

async fn find(conn: &mut PgConnection, ids: &[Uuid], slugs: &[String]) -> Result<Vec<Skill>> {
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
