//! Companies and their jobs.

pub(crate) mod dto;
mod members;

use jobboard_shared::{
    companies::{self, CompanyFilter},
    employers::Scope,
    jobs::{self, JobFilter},
};
use poem::web::Data;
use poem_openapi::{
    OpenApi,
    param::{Path, Query},
    payload::Json,
};
use uuid::Uuid;

use self::dto::{Company, CompanyInput, CompanyReplacement};
use crate::{
    App,
    answers::{Created, Deleted},
    auth::{Admin, Manager, Viewer},
    body::Strict,
    jobs::{LIST as JOB_LIST, dto::JobSummary},
    paging::{PageParams, Paged},
    problem::{Problem, Result},
    tags::Tag,
};

pub(crate) use self::members::MembersApi;

pub(crate) struct CompaniesApi;

const LIST: &str = "companies";

#[OpenApi(prefix_path = "/api/companies", tag = "Tag::Companies")]
impl CompaniesApi {
    /// List companies
    ///
    /// By name.
    #[oai(path = "/", method = "get", operation_id = "list_companies")]
    async fn list(
        &self,
        app: Data<&App>,
        _viewer: Viewer,
        paging: PageParams,
        /// The beginning of the name
        #[oai(validator(max_length = 200))]
        name: Query<Option<String>>,
        #[oai(name = "is_verified")] is_verified: Query<Option<bool>>,
    ) -> Result<Paged<Company>> {
        let filter = CompanyFilter {
            name_prefix: name.0,
            is_verified: is_verified.0,
            employer_id: None,
        };
        page_of(&app, &paging, &filter).await
    }

    /// Create a company
    ///
    /// It belongs to the employer who creates it; an administrator creates it for
    /// nobody. The first one becomes the employer's primary company.
    #[oai(path = "/", method = "post", operation_id = "create_company")]
    async fn create(
        &self,
        app: Data<&App>,
        manager: Manager,
        body: Strict<CompanyInput>,
    ) -> Result<Created<Company>> {
        create(&app, manager.scope, body.0).await
    }

    /// Read a company
    ///
    /// By id or slug.
    #[oai(path = "/:id", method = "get", operation_id = "get_company")]
    async fn get(
        &self,
        app: Data<&App>,
        _viewer: Viewer,
        id: Path<String>,
    ) -> Result<Json<Company>> {
        let mut conn = app.db.acquire().await?;
        let company = companies::db::find_whole(&mut conn, &id.0).await?;
        Ok(Json(company.into()))
    }

    /// Replace a company
    ///
    /// What is left out takes its default. A verified company loses its verification with
    /// its name. Administrators, who keep it, may give the company to an employer with
    /// `employer_id`.
    #[oai(path = "/:id", method = "put", operation_id = "replace_company")]
    async fn replace(
        &self,
        app: Data<&App>,
        manager: Manager,
        id: Path<Uuid>,
        body: Strict<CompanyReplacement>,
    ) -> Result<Json<Company>> {
        let (details, owner) = body.0.split();
        if owner.is_some() && manager.scope != Scope::Any {
            return Err(Problem::invalid_field(
                "employer_id",
                "read_only",
                "only an administrator may set it",
            ));
        }
        let mut tx = app.begin().await?;
        let company = companies::update(&mut tx, manager.actor(), id.0, &details, owner).await?;
        tx.commit().await?;
        Ok(Json(company.into()))
    }

    /// Delete a company
    ///
    /// One that has jobs is refused with `company_has_jobs`.
    #[oai(path = "/:id", method = "delete", operation_id = "delete_company")]
    async fn delete(&self, app: Data<&App>, _admin: Admin, id: Path<Uuid>) -> Result<Deleted> {
        let mut tx = app.begin().await?;
        companies::delete(&mut tx, id.0).await?;
        tx.commit().await?;
        Ok(Deleted::Deleted)
    }

    /// List the jobs of a company
    ///
    /// Its published jobs that have not expired, newest first. The company is named
    /// by id or slug.
    #[oai(path = "/:id/jobs", method = "get", operation_id = "list_company_jobs")]
    async fn jobs(
        &self,
        app: Data<&App>,
        _viewer: Viewer,
        id: Path<String>,
        paging: PageParams,
    ) -> Result<Paged<JobSummary>> {
        let page = paging.paging(&app, JOB_LIST)?;
        let mut conn = app.db.acquire().await?;
        let company = companies::db::find_whole(&mut conn, &id.0).await?;
        let filter = JobFilter {
            company_id: Some(company.id),
            ..JobFilter::default()
        };
        let slice = jobs::db::list(&mut conn, &filter, &page).await?;
        Ok(paging.answer(&app, JOB_LIST, slice, JobSummary::from))
    }
}

pub(crate) async fn page_of(
    app: &App,
    paging: &PageParams,
    filter: &CompanyFilter,
) -> Result<Paged<Company>> {
    let page = paging.paging(app, LIST)?;
    let mut conn = app.db.acquire().await?;
    let slice = companies::db::list(&mut conn, filter, &page).await?;
    Ok(paging.answer(app, LIST, slice, Company::from))
}

pub(crate) async fn create(
    app: &App,
    scope: Scope,
    input: CompanyInput,
) -> Result<Created<Company>> {
    let mut tx = app.begin().await?;
    let company = companies::create(&mut tx, scope, &input.into()).await?;
    tx.commit().await?;
    let address = format!("/api/companies/{}/", company.id);
    Ok(Created::Created(Json(company.into()), address))
}
