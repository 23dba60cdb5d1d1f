//! The category tree.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use jobboard_shared::categories;
use poem::web::Data;
use poem_openapi::{Object, OpenApi, payload::Json};
use uuid::Uuid;

use crate::{App, auth::Viewer, problem::Result, tags::Tag};

pub(crate) struct CategoriesApi;

/// More than any board has: the answer is the whole tree.
const MAX_CATEGORIES: i64 = 5000;

/// A category of jobs
#[derive(Debug, Object)]
pub(crate) struct Category {
    id: Uuid,
    name: String,
    slug: String,
    description: String,
    /// The category above; null at the top
    parent_id: Option<Uuid>,
    /// Published jobs of the category itself
    job_count: i32,
    /// Published jobs of the category and of all below it
    total_job_count: i64,
    icon_url: Option<String>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl Category {
    pub(crate) fn new(category: categories::Category, total_job_count: i64) -> Self {
        Self {
            id: category.id,
            name: category.name,
            slug: category.slug,
            description: category.description,
            parent_id: category.parent_id,
            job_count: category.job_count,
            total_job_count,
            icon_url: category.icon_url,
            created_at: category.created_at,
            updated_at: category.updated_at,
        }
    }
}

/// All categories
#[derive(Debug, Object)]
struct CategoryList {
    results: Vec<Category>,
    count: usize,
}

#[OpenApi(prefix_path = "/api/jobs", tag = "Tag::Jobs")]
impl CategoriesApi {
    /// List job categories
    ///
    /// The whole tree, flat and by name; `parent_id` gives its shape.
    #[oai(path = "/categories", method = "get", operation_id = "list_categories")]
    async fn list(&self, app: Data<&App>, _viewer: Viewer) -> Result<Json<CategoryList>> {
        let mut conn = app.db.acquire().await?;
        let all = categories::db::list(&mut conn, MAX_CATEGORIES).await?;
        let totals = totals(&all);
        let results: Vec<Category> = all
            .into_iter()
            .map(|category| {
                let total = totals.get(&category.id).copied().unwrap_or_default();
                Category::new(category, total)
            })
            .collect();
        Ok(Json(CategoryList {
            count: results.len(),
            results,
        }))
    }
}

/// Each category's count is added to all above it. The tree has no circles: the
/// schema refuses them.
fn totals(categories: &[categories::Category]) -> HashMap<Uuid, i64> {
    let parents: HashMap<Uuid, Option<Uuid>> =
        categories.iter().map(|c| (c.id, c.parent_id)).collect();
    let mut totals = HashMap::new();
    for category in categories {
        let mut above = Some(category.id);
        while let Some(id) = above {
            *totals.entry(id).or_default() += i64::from(category.job_count);
            above = parents.get(&id).copied().flatten();
        }
    }
    totals
}
