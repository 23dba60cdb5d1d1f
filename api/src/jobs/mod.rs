//! Posting, reading and listing jobs.

pub(crate) mod dto;
mod input;
mod looks;
mod moves;
pub(crate) mod questions;

use chrono::{DateTime, Utc};
use jobboard_shared::{
    categories, companies,
    employers::{Actor, Scope},
    jobs::{self, JobFilter, JobPatch, Reader},
    users::Role,
};
use poem::{Request, web::Data};
use poem_openapi::{
    OpenApi,
    param::{Path, Query},
    payload::Json,
};
use rust_decimal::Decimal;
use uuid::Uuid;

use self::{
    dto::{ExperienceLevel, Job, JobSummary, JobType, Workplace},
    input::{JobInput, JobPatchInput},
};
use crate::{
    App,
    answers::{Created, Deleted},
    auth::{Manager, SignedIn, Viewer},
    body::Strict,
    cached,
    edge::HeadOnly,
    paging::{PageParams, Paged},
    problem::Result,
    tags::Tag,
};

pub(crate) use self::{looks::LooksApi, moves::JobMovesApi, questions::QuestionsApi};

pub(crate) struct JobsApi;

#[OpenApi(prefix_path = "/api/jobs", tag = "Tag::Jobs")]
impl JobsApi {
    /// List jobs
    ///
    /// Published jobs that have not expired, newest first.
    #[oai(path = "/", method = "get", operation_id = "list_jobs")]
    #[expect(clippy::too_many_arguments, reason = "one for each filter")]
    async fn list(
        &self,
        app: Data<&App>,
        _viewer: Viewer,
        paging: PageParams,
        /// Any of these
        #[oai(name = "job_type")]
        job_type: Query<Vec<JobType>>,
        /// Any of these
        #[oai(name = "experience_level")]
        experience_level: Query<Vec<ExperienceLevel>>,
        is_remote: Query<Option<bool>>,
        /// Any of these
        workplace: Query<Vec<Workplace>>,
        /// Id, slug or name; the categories below it are included
        #[oai(validator(max_length = 100))]
        category: Query<Option<String>>,
        /// Id, slug or name
        #[oai(validator(max_length = 200))]
        company: Query<Option<String>>,
        /// A part of the location
        #[oai(validator(max_length = 300))]
        location: Query<Option<String>>,
        /// A year's pay that the job may reach; pay by the hour, day, week or month is
        /// counted for a whole year
        #[oai(name = "salary_min")]
        salary_min: Query<Option<Decimal>>,
        /// A year's pay that the job's lowest does not exceed
        #[oai(name = "salary_max")]
        salary_max: Query<Option<Decimal>>,
        #[oai(name = "salary_currency", validator(pattern = "^[A-Z]{3}$"))] salary_currency: Query<
            Option<String>,
        >,
        #[oai(name = "posted_after")] posted_after: Query<Option<DateTime<Utc>>>,
    ) -> Result<Paged<JobSummary>> {
        let page = paging.paging(&app, LIST)?;
        let mut conn = app.db.acquire().await?;
        let mut filter = JobFilter {
            job_types: job_type.0.into_iter().map(Into::into).collect(),
            experience_levels: experience_level.0.into_iter().map(Into::into).collect(),
            is_remote: is_remote.0,
            workplaces: workplace.0.into_iter().map(Into::into).collect(),
            location: location.0,
            salary_min: salary_min.0,
            salary_max: salary_max.0,
            salary_currency: salary_currency.0,
            posted_after: posted_after.0,
            ..JobFilter::default()
        };
        if let Some(category) = category.0 {
            filter.category_ids = categories::resolve_subtree(&mut conn, &category).await?;
        }
        if let Some(company) = company.0 {
            filter.company_id = Some(companies::resolve(&mut conn, &company).await?);
        }
        let slice = jobs::db::list(&mut conn, &filter, &page).await?;
        cached::shows(&slice.rows);
        if slice.total.is_some() {
            cached::holds_until(jobs::db::next_expiry(&mut conn).await?);
        }
        Ok(paging.answer(&app, LIST, slice, JobSummary::from))
    }

    /// Post a job
    ///
    /// The job is a draft that its employer alone sees, until it is published:
    /// by `POST /api/jobs/{id}/publish/`, at once with `"status": "published"`, or at
    /// the time that `publish_at` names. A job that has no expiry when it is published
    /// first gets one, after the days that the settings say.
    /// A company that does not exist yet is created and belongs to the employer;
    /// one of another employer is refused with 403, and one that an import created
    /// and nobody has claimed with 409. Pay without currency and period is in US
    /// dollars a year.
    #[oai(path = "/", method = "post", operation_id = "create_job")]
    async fn create(
        &self,
        app: Data<&App>,
        manager: Manager,
        body: Strict<JobInput>,
    ) -> Result<Created<Job>> {
        let new = body.0.into_new_job();
        let mut tx = app.begin().await?;
        let job = jobs::create(&mut tx, manager.actor(), &new).await?;
        tx.commit().await?;
        let address = format!("/api/jobs/{}/", job.summary.id);
        Ok(Created::Created(Json(job.into()), address))
    }

    /// Read a job
    ///
    /// Drafts, closed, archived and expired jobs are found by their employer and by
    /// administrators alone. Looks are counted within seconds: not the employer's own,
    /// and one in 30 minutes for each account, or for each address without one.
    #[oai(path = "/:id", method = "get", operation_id = "get_job")]
    async fn get(
        &self,
        app: Data<&App>,
        viewer: Viewer,
        request: &Request,
        id: Path<Uuid>,
    ) -> Result<Json<Job>> {
        let mut conn = app.db.acquire().await?;
        let job = jobs::db::get(&mut conn, id.0, reader(viewer.0)).await?;
        if request.data::<HeadOnly>().is_none() {
            looks::note(&app, id.0, viewer.0, request, None);
        }
        Ok(Json(job.into()))
    }

    /// Replace a job
    ///
    /// What is left out takes its default, but for the status, which stays.
    #[oai(path = "/:id", method = "put", operation_id = "replace_job")]
    async fn replace(
        &self,
        app: Data<&App>,
        manager: Manager,
        id: Path<Uuid>,
        body: Strict<JobInput>,
    ) -> Result<Json<Job>> {
        update(&app, manager.actor(), id.0, &body.0.into_replacement()).await
    }

    /// Change a job
    ///
    /// A new status must be one of its `next_statuses`; another is refused with 409.
    /// The move goes on record, with the `note`, if there is one.
    #[oai(path = "/:id", method = "patch", operation_id = "update_job")]
    async fn patch(
        &self,
        app: Data<&App>,
        manager: Manager,
        id: Path<Uuid>,
        body: Strict<JobPatchInput>,
    ) -> Result<Json<Job>> {
        update(&app, manager.actor(), id.0, &body.0.into_patch()?).await
    }

    /// Delete a job
    ///
    /// An employer may delete what nobody has applied for; `has_applications` says
    /// that the job can only be closed or archived. Administrators may delete any.
    #[oai(path = "/:id", method = "delete", operation_id = "delete_job")]
    async fn delete(&self, app: Data<&App>, manager: Manager, id: Path<Uuid>) -> Result<Deleted> {
        let mut tx = app.begin().await?;
        jobs::delete(&mut tx, manager.scope, id.0).await?;
        tx.commit().await?;
        Ok(Deleted::Deleted)
    }
}

/// The list of public jobs, for its cursors.
pub(crate) const LIST: &str = "jobs";

async fn update(app: &App, actor: Actor, id: Uuid, patch: &JobPatch) -> Result<Json<Job>> {
    let mut tx = app.begin().await?;
    let job = jobs::update(&mut tx, actor, id, patch).await?;
    tx.commit().await?;
    Ok(Json(job.into()))
}

fn reader(viewer: Option<SignedIn>) -> Reader {
    match viewer {
        Some(SignedIn {
            role: Role::Admin, ..
        }) => Reader::Manager(Scope::Any),
        Some(SignedIn {
            role: Role::Employer,
            profile_id: Some(employer_id),
            ..
        }) => Reader::Manager(Scope::Own(employer_id)),
        _ => Reader::Public,
    }
}
