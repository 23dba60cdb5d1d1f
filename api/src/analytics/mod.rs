//! What happened on the board, for administrators and employers.

mod dto;

use chrono::NaiveDate;
use jobboard_shared::analytics::{self, Filter};
use poem::web::Data;
use poem_openapi::{OpenApi, param::Query, payload::Json};
use uuid::Uuid;

use self::dto::Analytics;
use crate::{
    App,
    auth::{Admin, Employer},
    problem::Result,
    tags::Tag,
};

pub(crate) struct AnalyticsApi;

#[OpenApi(prefix_path = "/api")]
impl AnalyticsApi {
    /// Figures of the board
    ///
    /// By day in UTC, of at most 366 days; without a range, of the last 30.
    #[oai(
        path = "/admin/analytics",
        method = "get",
        operation_id = "get_analytics",
        tag = "Tag::Administration"
    )]
    async fn board(
        &self,
        app: Data<&App>,
        _admin: Admin,
        /// The first day
        from: Query<Option<NaiveDate>>,
        /// The last day, included
        to: Query<Option<NaiveDate>>,
        /// Of this employer's jobs alone, as the employer sees them: the id of a profile
        employer_id: Query<Option<Uuid>>,
        /// Of this job alone
        job_id: Query<Option<Uuid>>,
    ) -> Result<Json<Analytics>> {
        let filter = Filter {
            employer_id: employer_id.0,
            job_id: job_id.0,
        };
        report(&app, filter, from.0, to.0).await
    }

    /// Figures of the own jobs
    ///
    /// With those of companies that the account recruits for. By day in UTC, of at most
    /// 366 days; without a range, of the last 30.
    #[oai(
        path = "/employers/analytics",
        method = "get",
        operation_id = "get_own_analytics",
        tag = "Tag::Employers"
    )]
    async fn own(
        &self,
        app: Data<&App>,
        employer: Employer,
        /// The first day
        from: Query<Option<NaiveDate>>,
        /// The last day, included
        to: Query<Option<NaiveDate>>,
        /// Of this job alone; one of somebody else's is not found
        job_id: Query<Option<Uuid>>,
    ) -> Result<Json<Analytics>> {
        let filter = Filter {
            employer_id: Some(employer.profile_id),
            job_id: job_id.0,
        };
        report(&app, filter, from.0, to.0).await
    }
}

async fn report(
    app: &App,
    filter: Filter,
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
) -> Result<Json<Analytics>> {
    let mut conn = app.db.acquire().await?;
    let range = analytics::range(&mut conn, from, to).await?;
    let report = analytics::report(&mut conn, filter, range).await?;
    Ok(Json(report.into()))
}
