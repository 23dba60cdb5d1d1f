//! SQL of categories.

use sqlx::PgConnection;
use uuid::Uuid;

use super::Category;
use crate::Result;

/// By id, slug or name, without regard to case.
pub async fn find(conn: &mut PgConnection, reference: &str) -> Result<Option<Uuid>> {
    let reference = reference.trim();
    let id = sqlx::query_scalar!(
        r#"
        select id from categories
        where id = $1 or slug = lower($2) or lower(name) = lower($2)
        order by id is not distinct from $1 desc, slug = lower($2) desc, ordinal
        limit 1
        "#,
        Uuid::parse_str(reference).ok(),
        reference
    )
    .fetch_optional(conn)
    .await?;
    Ok(id)
}

/// Itself and all below it; empty if there is no such category.
pub async fn subtree(conn: &mut PgConnection, reference: &str) -> Result<Vec<Uuid>> {
    let Some(root) = find(conn, reference).await? else {
        return Ok(Vec::new());
    };
    let ids = sqlx::query_scalar!(
        r#"
        with recursive below as (
            select $1::uuid as id
            union
            select c.id from categories c join below on c.parent_id = below.id
        )
        select id as "id!" from below
        "#,
        root
    )
    .fetch_all(conn)
    .await?;
    Ok(ids)
}

/// The whole tree, flat, by name. Bounded by `limit`, for a board has some
/// hundreds at most.
pub async fn list(conn: &mut PgConnection, limit: i64) -> Result<Vec<Category>> {
    let categories = sqlx::query_as!(
        Category,
        r#"
        select id, name, slug, description, parent_id, job_count, icon_url, created_at, updated_at
        from categories
        order by name
        limit $1
        "#,
        limit
    )
    .fetch_all(conn)
    .await?;
    Ok(categories)
}
