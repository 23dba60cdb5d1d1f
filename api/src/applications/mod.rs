//! Applying for jobs, and what becomes of it.

mod dto;

use jobboard_shared::{
    applications::{self, ApplicationStatus, Asker, Change},
    users::Role,
};
use poem::web::Data;
use poem_openapi::{
    ApiResponse, OpenApi,
    param::{Path, Query},
    payload::Json,
};
use uuid::Uuid;

use self::dto::{
    ApplicationCreate, ApplicationMoveView, ApplicationStatusUpdate, ApplicationUpdate,
    ApplicationView, StatusName,
};
use crate::{
    App,
    answers::Created,
    auth::{Employer, Freelancer, SignedIn},
    body::Strict,
    paging::{PageParams, Paged},
    problem::{Problem, Result},
    tags::Tag,
};

pub(crate) struct ApplicationsApi;

pub(crate) struct EmployerApplicationsApi;

#[derive(ApiResponse)]
enum WithdrawResponse {
    /// The application is withdrawn
    #[oai(status = 204)]
    Withdrawn,
}

#[OpenApi(prefix_path = "/api/applications", tag = "Tag::Applications")]
impl ApplicationsApi {
    /// The own applications, newest first
    #[oai(path = "/", method = "get", operation_id = "list_applications")]
    async fn list(
        &self,
        app: Data<&App>,
        user: Freelancer,
        /// Of this job only
        job_id: Query<Option<Uuid>>,
        /// In this status only
        status: Query<Option<StatusName>>,
        page: PageParams,
    ) -> Result<Paged<ApplicationView>> {
        list(&app, user.into(), job_id.0, status.0, &page).await
    }

    /// Apply for a job
    ///
    /// Once per job, while it is open. The questions of the job are answered by id, and
    /// what is wrong with the answers is named with all else. Applicant and employer
    /// get an email each. A withdrawal is final: who has withdrawn cannot apply for the
    /// same job again. More in 24 hours than the settings allow are refused with 429
    /// and `max_applications_per_day`.
    #[oai(path = "/", method = "post", operation_id = "create_application")]
    async fn create(
        &self,
        app: Data<&App>,
        user: Freelancer,
        body: Strict<ApplicationCreate>,
    ) -> Result<Created<ApplicationView>> {
        let asker = Asker::from(user);
        let mut tx = app.begin().await?;
        let application = applications::apply(&mut tx, user.user_id, &body.0.parse()).await?;
        tx.commit().await?;
        let address = format!("/api/applications/{}/", application.id);
        let view = ApplicationView::of(application, asker.side());
        Ok(Created::Created(Json(view), address))
    }

    /// An application
    ///
    /// For its applicant, the job's employer and admins.
    #[oai(path = "/:id", method = "get", operation_id = "get_application")]
    async fn get(
        &self,
        app: Data<&App>,
        user: SignedIn,
        id: Path<Uuid>,
    ) -> Result<Json<ApplicationView>> {
        let asker = asker(user)?;
        let mut conn = app.db.acquire().await?;
        let application = applications::get(&mut conn, asker, id.0).await?;
        Ok(Json(ApplicationView::of(application, asker.side())))
    }

    /// Edit or move an application
    #[oai(path = "/:id", method = "patch", operation_id = "update_application")]
    async fn update(
        &self,
        app: Data<&App>,
        user: SignedIn,
        id: Path<Uuid>,
        body: Strict<ApplicationUpdate>,
    ) -> Result<Json<ApplicationView>> {
        change(&app, asker(user)?, id.0, body.0.parse()?).await
    }

    /// List the moves of an application
    ///
    /// Newest first; for its applicant, the job's employer and admins.
    #[oai(
        path = "/:id/history",
        method = "get",
        operation_id = "list_application_moves"
    )]
    async fn history(
        &self,
        app: Data<&App>,
        user: SignedIn,
        id: Path<Uuid>,
        page: PageParams,
    ) -> Result<Paged<ApplicationMoveView>> {
        let asker = asker(user)?;
        let list = format!("moves of application {}", id.0);
        let paging = page.paging(&app, &list)?;
        let mut conn = app.db.acquire().await?;
        let slice = applications::history(&mut conn, asker, id.0, &paging).await?;
        Ok(page.answer(&app, &list, slice, |step| {
            ApplicationMoveView::of(step, asker.side())
        }))
    }

    /// Withdraw an application
    ///
    /// It stays on record, for its applicant too. A withdrawal is final.
    #[oai(
        path = "/:id",
        method = "delete",
        operation_id = "withdraw_application"
    )]
    async fn withdraw(
        &self,
        app: Data<&App>,
        user: Freelancer,
        id: Path<Uuid>,
    ) -> Result<WithdrawResponse> {
        let withdrawal = Change::of_status(ApplicationStatus::Withdrawn);
        change(&app, user.into(), id.0, withdrawal).await?;
        Ok(WithdrawResponse::Withdrawn)
    }
}

#[OpenApi(prefix_path = "/api/employers/applications", tag = "Tag::Applications")]
impl EmployerApplicationsApi {
    /// Applications for the own jobs, newest first
    #[oai(
        path = "/",
        method = "get",
        operation_id = "list_employer_applications"
    )]
    async fn list(
        &self,
        app: Data<&App>,
        user: Employer,
        /// Of this job only
        job_id: Query<Option<Uuid>>,
        /// In this status only
        status: Query<Option<StatusName>>,
        page: PageParams,
    ) -> Result<Paged<ApplicationView>> {
        list(&app, user.into(), job_id.0, status.0, &page).await
    }

    /// Move an application
    ///
    /// The applicant gets an email. Setting the status that it has changes nothing.
    #[oai(
        path = "/:id/status",
        method = "patch",
        operation_id = "update_application_status"
    )]
    async fn update_status(
        &self,
        app: Data<&App>,
        user: Employer,
        id: Path<Uuid>,
        body: Strict<ApplicationStatusUpdate>,
    ) -> Result<Json<ApplicationView>> {
        change(&app, user.into(), id.0, body.0.parse()).await
    }
}

async fn list(
    app: &App,
    asker: Asker,
    job_id: Option<Uuid>,
    status: Option<StatusName>,
    page: &PageParams,
) -> Result<Paged<ApplicationView>> {
    let (filter, list) = dto::filter(job_id, status);
    let paging = page.paging(app, &list)?;
    let mut conn = app.db.acquire().await?;
    let slice = applications::list(&mut conn, asker, &filter, &paging).await?;
    Ok(page.answer(app, &list, slice, |row| {
        ApplicationView::of(row, asker.side())
    }))
}

async fn change(
    app: &App,
    asker: Asker,
    id: Uuid,
    change: Change,
) -> Result<Json<ApplicationView>> {
    let mut tx = app.begin().await?;
    let application = applications::change(&mut tx, asker, id, change).await?;
    tx.commit().await?;
    Ok(Json(ApplicationView::of(application, asker.side())))
}

impl From<Freelancer> for Asker {
    fn from(user: Freelancer) -> Self {
        Self::Applicant {
            user_id: user.user_id,
        }
    }
}

impl From<Employer> for Asker {
    fn from(user: Employer) -> Self {
        Self::Employer {
            user_id: user.user_id,
            profile_id: user.profile_id,
        }
    }
}

pub(crate) fn asker(user: SignedIn) -> Result<Asker> {
    let user_id = user.user_id;
    match (user.role, user.profile_id) {
        (Role::Admin, _) => Ok(Asker::Admin { user_id }),
        (Role::Freelancer, _) => Ok(Asker::Applicant { user_id }),
        (Role::Employer, Some(profile_id)) => Ok(Asker::Employer {
            user_id,
            profile_id,
        }),
        (Role::Employer, None) => Err(Problem::not_found("application")),
    }
}
