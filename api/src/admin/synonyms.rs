//! The synonyms of searches, for those who keep them.

use chrono::{DateTime, Utc};
use jobboard_shared::search::{
    db::synonyms as db,
    synonyms::{self, SynonymPatch},
};
use poem::web::Data;
use poem_openapi::{
    Object, OpenApi,
    param::{Path, Query},
    payload::Json,
};
use uuid::Uuid;

use crate::{
    App,
    answers::{Created, Deleted},
    auth::Admin,
    body::Strict,
    paging::{CursorParams, Paged},
    problem::Result,
    tags::Tag,
};

pub(crate) struct SynonymsApi;

const LIST: &str = "synonyms";

/// What a search for a term finds too
#[derive(Debug, Object)]
struct Synonym {
    id: Uuid,
    term: String,
    /// Words or phrases
    synonyms: Vec<String>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<synonyms::Synonym> for Synonym {
    fn from(synonym: synonyms::Synonym) -> Self {
        Self {
            id: synonym.id,
            term: synonym.term,
            synonyms: synonym.synonyms,
            created_at: synonym.created_at,
            updated_at: synonym.updated_at,
        }
    }
}

/// A term and its synonyms, whole
#[derive(Debug, Object)]
struct SynonymInput {
    /// Up to four words; spellings that a search does not tell apart are one
    #[oai(validator(min_length = 1, max_length = 100))]
    term: String,
    #[oai(validator(min_items = 1, max_items = 10))]
    synonyms: Vec<String>,
}

impl From<SynonymInput> for SynonymPatch {
    fn from(input: SynonymInput) -> Self {
        Self {
            term: Some(input.term),
            synonyms: Some(input.synonyms),
        }
    }
}

/// What of a term and its synonyms is to change
#[derive(Debug, Object)]
struct SynonymPatchInput {
    #[oai(validator(min_length = 1, max_length = 100))]
    term: Option<String>,
    #[oai(validator(min_items = 1, max_items = 10))]
    synonyms: Option<Vec<String>>,
}

impl From<SynonymPatchInput> for SynonymPatch {
    fn from(input: SynonymPatchInput) -> Self {
        Self {
            term: input.term,
            synonyms: input.synonyms,
        }
    }
}

#[OpenApi(prefix_path = "/api/admin/synonyms", tag = "Tag::Administration")]
impl SynonymsApi {
    /// List the synonyms of searches
    ///
    /// By term.
    #[oai(path = "/", method = "get", operation_id = "list_synonyms")]
    async fn list(
        &self,
        app: Data<&App>,
        _admin: Admin,
        paging: CursorParams,
        /// A part of the term or of a synonym
        #[oai(validator(max_length = 100))]
        q: Query<Option<String>>,
    ) -> Result<Paged<Synonym>> {
        let list = format!("{LIST} {:?}", q.0);
        let page = paging.0.paging(&app, &list)?;
        let mut conn = app.db.acquire().await?;
        let slice = db::page(&mut conn, q.0.as_deref(), &page).await?;
        Ok(paging.0.answer(&app, &list, slice, Synonym::from))
    }

    /// Give a term synonyms
    ///
    /// A search for the term finds its synonyms too, after what it finds by itself; not
    /// the other way round. Searches know it at once. A term that has synonyms already is
    /// refused with `search_synonym_exists`.
    #[oai(path = "/", method = "post", operation_id = "create_synonym")]
    async fn create(
        &self,
        app: Data<&App>,
        _admin: Admin,
        body: Strict<SynonymInput>,
    ) -> Result<Created<Synonym>> {
        let mut tx = app.begin().await?;
        let synonym = synonyms::create(&mut tx, body.0.into()).await?;
        tx.commit().await?;
        let address = format!("/api/admin/synonyms/{}/", synonym.id);
        Ok(Created::Created(Json(synonym.into()), address))
    }

    /// Read the synonyms of a term
    #[oai(path = "/:id", method = "get", operation_id = "get_synonym")]
    async fn get(&self, app: Data<&App>, _admin: Admin, id: Path<Uuid>) -> Result<Json<Synonym>> {
        let mut conn = app.db.acquire().await?;
        Ok(Json(db::get(&mut conn, id.0).await?.into()))
    }

    /// Replace a term and its synonyms
    #[oai(path = "/:id", method = "put", operation_id = "replace_synonym")]
    async fn replace(
        &self,
        app: Data<&App>,
        _admin: Admin,
        id: Path<Uuid>,
        body: Strict<SynonymInput>,
    ) -> Result<Json<Synonym>> {
        update(&app, id.0, body.0.into()).await
    }

    /// Change a term or its synonyms
    #[oai(path = "/:id", method = "patch", operation_id = "update_synonym")]
    async fn patch(
        &self,
        app: Data<&App>,
        _admin: Admin,
        id: Path<Uuid>,
        body: Strict<SynonymPatchInput>,
    ) -> Result<Json<Synonym>> {
        update(&app, id.0, body.0.into()).await
    }

    /// Take a term's synonyms away
    #[oai(path = "/:id", method = "delete", operation_id = "delete_synonym")]
    async fn delete(&self, app: Data<&App>, _admin: Admin, id: Path<Uuid>) -> Result<Deleted> {
        let mut tx = app.begin().await?;
        synonyms::delete(&mut tx, id.0).await?;
        tx.commit().await?;
        Ok(Deleted::Deleted)
    }
}

async fn update(app: &App, id: Uuid, patch: SynonymPatch) -> Result<Json<Synonym>> {
    let mut tx = app.begin().await?;
    let synonym = synonyms::update(&mut tx, id, patch).await?;
    tx.commit().await?;
    Ok(Json(synonym.into()))
}
