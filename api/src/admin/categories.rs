//! The category tree, for those who shape it.

use jobboard_shared::categories::{self, CategoryPatch, db};
use poem::web::Data;
use poem_openapi::{
    Object, OpenApi,
    param::{Path, Query},
    payload::Json,
    types::MaybeUndefined,
};
use uuid::Uuid;

use crate::{
    App,
    answers::{Created, Deleted},
    auth::Admin,
    body::Strict,
    categories::Category,
    paging::{CursorParams, Paged},
    problem::Result,
    tags::Tag,
};

pub(crate) struct CategoriesApi;

const LIST: &str = "categories";

/// A category, whole
#[derive(Debug, Object)]
struct CategoryInput {
    #[oai(validator(min_length = 1, max_length = 100))]
    name: String,
    /// Left out, that of the name; of a category that exists, it stays
    #[oai(validator(min_length = 1, max_length = 100, pattern = "^[a-z0-9]+(-[a-z0-9]+)*$"))]
    slug: Option<String>,
    #[oai(default, validator(max_length = 5000))]
    description: String,
    /// The category above; null at the top
    parent_id: Option<Uuid>,
    #[oai(validator(max_length = 2000))]
    icon_url: Option<String>,
}

impl From<CategoryInput> for CategoryPatch {
    fn from(input: CategoryInput) -> Self {
        Self {
            name: Some(input.name),
            slug: input.slug,
            description: Some(input.description),
            parent_id: Some(input.parent_id),
            icon_url: Some(input.icon_url),
        }
    }
}

/// What of a category is to change
#[derive(Debug, Object)]
struct CategoryPatchInput {
    #[oai(validator(min_length = 1, max_length = 100))]
    name: Option<String>,
    #[oai(validator(min_length = 1, max_length = 100, pattern = "^[a-z0-9]+(-[a-z0-9]+)*$"))]
    slug: Option<String>,
    #[oai(validator(max_length = 5000))]
    description: Option<String>,
    /// Null moves it to the top
    parent_id: MaybeUndefined<Uuid>,
    #[oai(validator(max_length = 2000))]
    icon_url: MaybeUndefined<String>,
}

impl From<CategoryPatchInput> for CategoryPatch {
    fn from(input: CategoryPatchInput) -> Self {
        Self {
            name: input.name,
            slug: input.slug,
            description: input.description,
            parent_id: input.parent_id.into(),
            icon_url: input.icon_url.into(),
        }
    }
}

#[OpenApi(prefix_path = "/api/admin/categories", tag = "Tag::Administration")]
impl CategoriesApi {
    /// List categories, a page at a time
    ///
    /// By name. `GET /api/jobs/categories/` gives the whole tree to everybody.
    #[oai(path = "/", method = "get", operation_id = "list_managed_categories")]
    async fn list(
        &self,
        app: Data<&App>,
        _admin: Admin,
        paging: CursorParams,
        /// A part of the name
        #[oai(validator(max_length = 100))]
        q: Query<Option<String>>,
    ) -> Result<Paged<Category>> {
        let page = paging.0.paging(&app, LIST)?;
        let mut conn = app.db.acquire().await?;
        let slice = db::page(&mut conn, q.0.as_deref(), &page).await?;
        let ids: Vec<Uuid> = slice.rows.iter().map(|category| category.id).collect();
        let totals = db::total_job_counts(&mut conn, &ids).await?;
        Ok(paging.0.answer(&app, LIST, slice, |category| {
            let total = totals.get(&category.id).copied().unwrap_or_default();
            Category::new(category, total)
        }))
    }

    /// Create a category
    #[oai(path = "/", method = "post", operation_id = "create_category")]
    async fn create(
        &self,
        app: Data<&App>,
        _admin: Admin,
        body: Strict<CategoryInput>,
    ) -> Result<Created<Category>> {
        let mut tx = app.begin().await?;
        let category = categories::create(&mut tx, body.0.into()).await?;
        tx.commit().await?;
        let address = format!("/api/admin/categories/{}/", category.id);
        Ok(Created::Created(Json(Category::new(category, 0)), address))
    }

    /// Read a category
    #[oai(path = "/:id", method = "get", operation_id = "get_category")]
    async fn get(&self, app: Data<&App>, _admin: Admin, id: Path<Uuid>) -> Result<Json<Category>> {
        let mut conn = app.db.acquire().await?;
        let category = db::get(&mut conn, id.0).await?;
        show(&mut conn, category).await
    }

    /// Replace a category
    ///
    /// What is left out takes its default, but for the slug, which stays.
    #[oai(path = "/:id", method = "put", operation_id = "replace_category")]
    async fn replace(
        &self,
        app: Data<&App>,
        _admin: Admin,
        id: Path<Uuid>,
        body: Strict<CategoryInput>,
    ) -> Result<Json<Category>> {
        update(&app, id.0, body.0.into()).await
    }

    /// Change a category
    ///
    /// A category cannot be put below itself.
    #[oai(path = "/:id", method = "patch", operation_id = "update_category")]
    async fn patch(
        &self,
        app: Data<&App>,
        _admin: Admin,
        id: Path<Uuid>,
        body: Strict<CategoryPatchInput>,
    ) -> Result<Json<Category>> {
        update(&app, id.0, body.0.into()).await
    }

    /// Delete a category
    ///
    /// One with jobs, of whatever status, or with categories below it is refused
    /// with `category_has_jobs` or `category_has_children`.
    #[oai(path = "/:id", method = "delete", operation_id = "delete_category")]
    async fn delete(&self, app: Data<&App>, _admin: Admin, id: Path<Uuid>) -> Result<Deleted> {
        let mut tx = app.begin().await?;
        categories::delete(&mut tx, id.0).await?;
        tx.commit().await?;
        Ok(Deleted::Deleted)
    }
}

async fn update(app: &App, id: Uuid, patch: CategoryPatch) -> Result<Json<Category>> {
    let mut tx = app.begin().await?;
    let category = categories::update(&mut tx, id, patch).await?;
    let shown = show(&mut tx, category).await?;
    tx.commit().await?;
    Ok(shown)
}

async fn show(
    conn: &mut sqlx::PgConnection,
    category: categories::Category,
) -> Result<Json<Category>> {
    let totals = db::total_job_counts(conn, &[category.id]).await?;
    let total = totals.get(&category.id).copied().unwrap_or_default();
    Ok(Json(Category::new(category, total)))
}
