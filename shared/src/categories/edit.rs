//! Making, changing and removing categories, which administrators do.

use sqlx::PgConnection;
use uuid::Uuid;

use super::{Category, db};
use crate::{Error, Result, rules::Rules, search, slug::slug};

const MAX_NAME: usize = 100;

/// What is said of a category.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CategoryContent {
    pub name: String,
    pub slug: String,
    pub description: String,
    pub parent_id: Option<Uuid>,
    pub icon_url: Option<String>,
}

/// A change of a category, or a whole new one: what is `None` stays, or has its
/// default.
#[derive(Clone, Debug, Default)]
pub struct CategoryPatch {
    pub name: Option<String>,
    pub slug: Option<String>,
    pub description: Option<String>,
    pub parent_id: Option<Option<Uuid>>,
    pub icon_url: Option<Option<String>>,
}

/// Creates a category. Without a slug it has that of its name.
pub async fn create(conn: &mut PgConnection, new: CategoryPatch) -> Result<Category> {
    let name = new.name.clone().unwrap_or_default();
    let empty = CategoryContent {
        slug: slug(&name),
        name,
        description: String::new(),
        parent_id: None,
        icon_url: None,
    };
    let content = apply(new, empty);
    check(conn, &content).await?;
    let id = db::insert(conn, &content).await?;
    db::get(conn, id).await
}

/// Changes what the patch names. A slug stays when the name changes. Jobs below are
/// found under the new name and place.
pub async fn update(conn: &mut PgConnection, id: Uuid, patch: CategoryPatch) -> Result<Category> {
    db::lock(conn, id).await?;
    let old = content_of(db::get(conn, id).await?);
    let content = apply(patch, old.clone());
    check(conn, &content).await?;
    db::update(conn, id, &content).await?;
    if content.name != old.name || content.parent_id != old.parent_id {
        search::tasks::enqueue_scope(conn, search::tasks::Scope::Category(id)).await?;
    }
    db::get(conn, id).await
}

/// Deletes a category that has neither jobs nor categories below it.
pub async fn delete(conn: &mut PgConnection, id: Uuid) -> Result<()> {
    db::lock(conn, id).await?;
    match db::holds(conn, id).await? {
        (true, _) => Err(Error::conflict(
            "category_has_jobs",
            "there are jobs in this category; move them first",
        )),
        (_, true) => Err(Error::conflict(
            "category_has_children",
            "there are categories below this one; move or delete them first",
        )),
        (false, false) => db::delete(conn, id).await,
    }
}

fn content_of(category: Category) -> CategoryContent {
    CategoryContent {
        name: category.name,
        slug: category.slug,
        description: category.description,
        parent_id: category.parent_id,
        icon_url: category.icon_url,
    }
}

fn apply(patch: CategoryPatch, content: CategoryContent) -> CategoryContent {
    let name = patch.name.unwrap_or(content.name);
    CategoryContent {
        name: name.split_whitespace().collect::<Vec<_>>().join(" "),
        slug: patch.slug.unwrap_or(content.slug),
        description: patch.description.unwrap_or(content.description),
        parent_id: patch.parent_id.unwrap_or(content.parent_id),
        icon_url: patch.icon_url.unwrap_or(content.icon_url),
    }
}

async fn check(conn: &mut PgConnection, content: &CategoryContent) -> Result<()> {
    let mut rules = Rules::new();
    rules.required_line("name", &content.name, MAX_NAME);
    let slug_fits = content.slug.len() <= MAX_NAME
        && !content.slug.is_empty()
        && content.slug.is_ascii()
        && slug(&content.slug) == content.slug;
    if !slug_fits {
        rules.refuse(
            "slug",
            "invalid_slug",
            "give one of a-z, 0-9 and single hyphens, at most 100 characters",
        );
    }
    rules.text("description", &content.description, 5000);
    rules.url("icon_url", content.icon_url.as_deref());
    if let Some(parent_id) = content.parent_id
        && matches!(db::get(conn, parent_id).await, Err(Error::NotFound(_)))
    {
        rules.refuse("parent_id", "unknown_category", "no category has this id");
    }
    rules.finish()
}
