//! The list of all skills, for those who keep it in order.

use chrono::{DateTime, Utc};
use jobboard_shared::skills::{
    catalogue::{self, SkillPatch},
    db::catalogue as db,
};
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
    paging::{CursorParams, Paged},
    problem::Result,
    skills::SkillCategory,
    tags::Tag,
};

pub(crate) struct SkillsApi;

/// A skill with all that is known of it
#[derive(Debug, Object)]
struct CatalogueSkill {
    id: Uuid,
    name: String,
    /// Always that of the name
    slug: String,
    description: String,
    /// Null: nobody has classified it yet
    category: Option<SkillCategory>,
    popularity_score: f64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<catalogue::CatalogueSkill> for CatalogueSkill {
    fn from(skill: catalogue::CatalogueSkill) -> Self {
        Self {
            id: skill.id,
            name: skill.name,
            slug: skill.slug,
            description: skill.description,
            category: skill.category.map(Into::into),
            popularity_score: skill.popularity_score,
            created_at: skill.created_at,
            updated_at: skill.updated_at,
        }
    }
}

/// A skill, whole
#[derive(Debug, Object)]
struct CatalogueSkillInput {
    #[oai(validator(min_length = 1, max_length = 100))]
    name: String,
    #[oai(default, validator(max_length = 5000))]
    description: String,
    category: Option<SkillCategory>,
}

impl From<CatalogueSkillInput> for SkillPatch {
    fn from(input: CatalogueSkillInput) -> Self {
        Self {
            name: Some(input.name),
            description: Some(input.description),
            category: Some(input.category.map(Into::into)),
        }
    }
}

/// What of a skill is to change
#[derive(Debug, Object)]
struct CatalogueSkillPatch {
    #[oai(validator(min_length = 1, max_length = 100))]
    name: Option<String>,
    #[oai(validator(max_length = 5000))]
    description: Option<String>,
    category: MaybeUndefined<SkillCategory>,
}

impl From<CatalogueSkillPatch> for SkillPatch {
    fn from(input: CatalogueSkillPatch) -> Self {
        let category: Option<Option<SkillCategory>> = input.category.into();
        Self {
            name: input.name,
            description: input.description,
            category: category.map(|category| category.map(Into::into)),
        }
    }
}

/// Where a skill goes
#[derive(Debug, Object)]
struct SkillMerge {
    /// The id of the skill that stays
    into: Uuid,
}

#[OpenApi(prefix_path = "/api/admin/skills", tag = "Tag::Administration")]
impl SkillsApi {
    /// List all skills
    ///
    /// By name.
    #[oai(path = "/", method = "get", operation_id = "list_catalogue_skills")]
    async fn list(
        &self,
        app: Data<&App>,
        _admin: Admin,
        paging: CursorParams,
        /// A part of the name
        #[oai(validator(max_length = 100))]
        q: Query<Option<String>>,
        category: Query<Option<SkillCategory>>,
    ) -> Result<Paged<CatalogueSkill>> {
        let list = format!("skills {:?} {:?}", q.0, category.0);
        let page = paging.0.paging(&app, &list)?;
        let mut conn = app.db.acquire().await?;
        let category = category.0.map(Into::into);
        let slice = db::page(&mut conn, q.0.as_deref(), category, &page).await?;
        Ok(paging.0.answer(&app, &list, slice, CatalogueSkill::from))
    }

    /// Create a skill
    ///
    /// Two spellings of one slug are one skill: "node js" is "Node.js".
    #[oai(path = "/", method = "post", operation_id = "create_catalogue_skill")]
    async fn create(
        &self,
        app: Data<&App>,
        _admin: Admin,
        body: Strict<CatalogueSkillInput>,
    ) -> Result<Created<CatalogueSkill>> {
        let mut tx = app.begin().await?;
        let skill = catalogue::create(&mut tx, body.0.into()).await?;
        tx.commit().await?;
        let address = format!("/api/admin/skills/{}/", skill.id);
        Ok(Created::Created(Json(skill.into()), address))
    }

    /// Read a skill
    #[oai(path = "/:id", method = "get", operation_id = "get_catalogue_skill")]
    async fn get(
        &self,
        app: Data<&App>,
        _admin: Admin,
        id: Path<Uuid>,
    ) -> Result<Json<CatalogueSkill>> {
        let mut conn = app.db.acquire().await?;
        let skill = db::get(&mut conn, id.0).await?;
        Ok(Json(skill.into()))
    }

    /// Replace a skill
    ///
    /// What is left out takes its default.
    #[oai(
        path = "/:id",
        method = "put",
        operation_id = "replace_catalogue_skill"
    )]
    async fn replace(
        &self,
        app: Data<&App>,
        _admin: Admin,
        id: Path<Uuid>,
        body: Strict<CatalogueSkillInput>,
    ) -> Result<Json<CatalogueSkill>> {
        update(&app, id.0, body.0.into()).await
    }

    /// Change a skill
    #[oai(
        path = "/:id",
        method = "patch",
        operation_id = "update_catalogue_skill"
    )]
    async fn patch(
        &self,
        app: Data<&App>,
        _admin: Admin,
        id: Path<Uuid>,
        body: Strict<CatalogueSkillPatch>,
    ) -> Result<Json<CatalogueSkill>> {
        update(&app, id.0, body.0.into()).await
    }

    /// Delete a skill
    ///
    /// One that jobs or profiles name is refused with `skill_in_use`.
    #[oai(
        path = "/:id",
        method = "delete",
        operation_id = "delete_catalogue_skill"
    )]
    async fn delete(&self, app: Data<&App>, _admin: Admin, id: Path<Uuid>) -> Result<Deleted> {
        let mut tx = app.begin().await?;
        catalogue::delete(&mut tx, id.0).await?;
        tx.commit().await?;
        Ok(Deleted::Deleted)
    }

    /// Merge a skill into another one
    ///
    /// Jobs and profiles that name it name the other one from now on; those that name
    /// both keep what they say of the other one.
    #[oai(
        path = "/:id/merge",
        method = "post",
        operation_id = "merge_catalogue_skill"
    )]
    async fn merge(
        &self,
        app: Data<&App>,
        _admin: Admin,
        id: Path<Uuid>,
        body: Strict<SkillMerge>,
    ) -> Result<Json<CatalogueSkill>> {
        let mut tx = app.begin().await?;
        let skill = catalogue::merge(&mut tx, id.0, body.0.into).await?;
        tx.commit().await?;
        Ok(Json(skill.into()))
    }
}

async fn update(app: &App, id: Uuid, patch: SkillPatch) -> Result<Json<CatalogueSkill>> {
    let mut tx = app.begin().await?;
    let skill = catalogue::update(&mut tx, id, patch).await?;
    tx.commit().await?;
    Ok(Json(skill.into()))
}
