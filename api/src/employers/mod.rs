//! The signed-in employer: profile, companies, jobs.

pub(crate) mod dto;

use jobboard_shared::{
    companies::CompanyFilter,
    employers::{self, Scope},
    jobs,
};
use poem::web::Data;
use poem_openapi::{OpenApi, param::Query, payload::Json};

use self::dto::{EmployerProfile, EmployerProfileInput};
use crate::{
    App,
    answers::Created,
    auth::Employer,
    body::Strict,
    companies::{
        self,
        dto::{Company, CompanyInput},
    },
    jobs::dto::{JobStatus, JobSummary},
    paging::{PageParams, Paged},
    problem::Result,
    tags::Tag,
};

pub(crate) struct EmployersApi;

const JOB_LIST: &str = "employer jobs";

#[OpenApi(prefix_path = "/api/employers", tag = "Tag::Employers")]
impl EmployersApi {
    /// Read the own employer profile
    #[oai(
        path = "/profile",
        method = "get",
        operation_id = "get_employer_profile"
    )]
    async fn profile(&self, app: Data<&App>, employer: Employer) -> Result<Json<EmployerProfile>> {
        let mut conn = app.db.acquire().await?;
        let profile = employers::db::get(&mut conn, employer.profile_id).await?;
        Ok(Json(profile.into()))
    }

    /// Replace the own employer profile
    #[oai(
        path = "/profile",
        method = "put",
        operation_id = "replace_employer_profile"
    )]
    async fn replace_profile(
        &self,
        app: Data<&App>,
        employer: Employer,
        body: Strict<EmployerProfileInput>,
    ) -> Result<Json<EmployerProfile>> {
        let mut tx = app.begin().await?;
        let profile =
            employers::update_profile(&mut tx, employer.profile_id, &body.0.into()).await?;
        tx.commit().await?;
        Ok(Json(profile.into()))
    }

    /// List the own companies
    ///
    /// By name.
    #[oai(
        path = "/companies",
        method = "get",
        operation_id = "list_own_companies"
    )]
    async fn companies(
        &self,
        app: Data<&App>,
        employer: Employer,
        paging: PageParams,
    ) -> Result<Paged<Company>> {
        let filter = CompanyFilter {
            employer_id: Some(employer.profile_id),
            ..CompanyFilter::default()
        };
        companies::page_of(&app, &paging, &filter).await
    }

    /// Create a company
    ///
    /// The first one becomes the primary company.
    #[oai(
        path = "/companies",
        method = "post",
        operation_id = "create_own_company"
    )]
    async fn create_company(
        &self,
        app: Data<&App>,
        employer: Employer,
        body: Strict<CompanyInput>,
    ) -> Result<Created<Company>> {
        companies::create(&app, Scope::Own(employer.profile_id), body.0).await
    }

    /// List the own jobs
    ///
    /// Of every status, newest first.
    #[oai(path = "/jobs", method = "get", operation_id = "list_own_jobs")]
    async fn jobs(
        &self,
        app: Data<&App>,
        employer: Employer,
        paging: PageParams,
        status: Query<Option<JobStatus>>,
    ) -> Result<Paged<JobSummary>> {
        let page = paging.paging(&app, JOB_LIST)?;
        let mut conn = app.db.acquire().await?;
        let status = status.0.map(Into::into);
        let slice =
            jobs::db::list_of_employer(&mut conn, employer.profile_id, status, &page).await?;
        Ok(paging.answer(&app, JOB_LIST, slice, JobSummary::from))
    }
}
