//! The category tree.

pub mod db;
mod edit;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

pub use self::edit::{CategoryContent, CategoryPatch, create, delete, update};
use crate::{Error, Result};

#[derive(Clone, Debug)]
pub struct Category {
    pub id: Uuid,
    pub name: String,
    pub slug: String,
    pub description: String,
    pub parent_id: Option<Uuid>,
    /// Published jobs of the category itself, without those of its children.
    pub job_count: i32,
    pub icon_url: Option<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// The category that a request names by id, slug or name.
pub async fn resolve(conn: &mut PgConnection, reference: &str) -> Result<Uuid> {
    db::find(conn, reference)
        .await?
        .ok_or_else(|| unknown(reference))
}

/// The category that a request names, and everything below it.
pub async fn resolve_subtree(conn: &mut PgConnection, reference: &str) -> Result<Vec<Uuid>> {
    let ids = db::subtree(conn, reference).await?;
    if ids.is_empty() {
        return Err(unknown(reference));
    }
    Ok(ids)
}

fn unknown(reference: &str) -> Error {
    let shown: String = reference.chars().take(100).collect();
    Error::invalid(
        "category",
        "unknown_category",
        format!("no category has the id, slug or name '{shown}'"),
    )
}
