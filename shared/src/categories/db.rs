//! SQL of categories.

use std::collections::HashMap;

use sqlx::PgConnection;
use uuid::Uuid;

use super::{Category, CategoryContent};
use crate::{
    Error, Result,
    pagination::{Paging, Slice},
};

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

/// Categories by name, whose name has `part` in it.
pub async fn page(
    conn: &mut PgConnection,
    part: Option<&str>,
    paging: &Paging<String>,
) -> Result<Slice<Category, String>> {
    let rows = sqlx::query_as!(
        Category,
        r#"
        select id, name, slug, description, parent_id, job_count, icon_url, created_at, updated_at
        from categories
        where ($1::text is null or position(lower($1) in lower(name)) > 0)
            and ($2::text is null or name > $2)
        order by name
        limit $3
        "#,
        part,
        paging.cursor(),
        paging.limit(),
    )
    .fetch_all(conn)
    .await?;
    Ok(Slice::cut(rows, paging.size, None, |category| {
        category.name.clone()
    }))
}

/// Published jobs of each category and of all below it.
pub async fn total_job_counts(conn: &mut PgConnection, ids: &[Uuid]) -> Result<HashMap<Uuid, i64>> {
    let rows = sqlx::query!(
        r#"
        with recursive below (root, id) as (
            select id, id from categories where id = any ($1)
            union all
            select below.root, c.id from below join categories c on c.parent_id = below.id
        )
        select below.root as "root!", sum(c.job_count) as "total!"
        from below join categories c on c.id = below.id
        group by below.root
        "#,
        ids
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.root, row.total)).collect())
}

pub async fn get(conn: &mut PgConnection, id: Uuid) -> Result<Category> {
    sqlx::query_as!(
        Category,
        r#"
        select id, name, slug, description, parent_id, job_count, icon_url, created_at, updated_at
        from categories
        where id = $1
        "#,
        id
    )
    .fetch_optional(conn)
    .await?
    .ok_or(Error::NotFound("category"))
}

/// Lets nobody else shape the tree, nor give this category jobs, until the
/// transaction ends. The first lock is the one that the schema's check for circles
/// takes: taken before rows, so that two edits never wait for each other in a circle.
pub(super) async fn lock(conn: &mut PgConnection, id: Uuid) -> Result<()> {
    sqlx::query!("select pg_advisory_xact_lock(hashtext('categories.parent_id'), 0)")
        .fetch_one(&mut *conn)
        .await?;
    let found = sqlx::query_scalar!("select id from categories where id = $1 for update", id)
        .fetch_optional(conn)
        .await?;
    found.map(drop).ok_or(Error::NotFound("category"))
}

pub(super) async fn insert(conn: &mut PgConnection, content: &CategoryContent) -> Result<Uuid> {
    let id = sqlx::query_scalar!(
        "insert into categories (name, slug, description, parent_id, icon_url)
         values ($1, $2, $3, $4, $5) returning id",
        content.name,
        content.slug,
        content.description,
        content.parent_id,
        content.icon_url,
    )
    .fetch_one(conn)
    .await?;
    Ok(id)
}

pub(super) async fn update(
    conn: &mut PgConnection,
    id: Uuid,
    content: &CategoryContent,
) -> Result<()> {
    sqlx::query!(
        "update categories set name = $2, slug = $3, description = $4, parent_id = $5, icon_url = $6
         where id = $1",
        id,
        content.name,
        content.slug,
        content.description,
        content.parent_id,
        content.icon_url,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Whether jobs of any status are in it, and categories below it.
pub(super) async fn holds(conn: &mut PgConnection, id: Uuid) -> Result<(bool, bool)> {
    let found = sqlx::query!(
        r#"select exists (select from jobs where category_id = $1) as "jobs!",
                  exists (select from categories where parent_id = $1) as "children!""#,
        id
    )
    .fetch_one(conn)
    .await?;
    Ok((found.jobs, found.children))
}

pub(super) async fn delete(conn: &mut PgConnection, id: Uuid) -> Result<()> {
    sqlx::query!("delete from categories where id = $1", id)
        .execute(conn)
        .await?;
    Ok(())
}
