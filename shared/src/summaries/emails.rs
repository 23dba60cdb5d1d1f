//! What the weekly mail to employers says, read when it is sent.

use chrono::{Days, NaiveDate};
use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use super::db;
use crate::{
    Result,
    analytics::{self, Counts, Filter, Range},
};

/// Jobs that are named.
const JOBS: i64 = 5;

/// A week of an employer's jobs, beside the week before it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SummaryFacts {
    /// The first and the last day, as `2026-11-16`.
    pub from: String,
    pub to: String,
    pub applications: i64,
    pub applications_before: i64,
    pub views: i64,
    pub views_before: i64,
    pub hires: usize,
    /// At this moment.
    pub live_jobs: i64,
    /// Applications that nobody has looked at, of whatever week.
    pub waiting: i64,
    /// Those that most people applied for.
    pub jobs: Vec<JobFacts>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct JobFacts {
    pub job_id: Uuid,
    pub title: String,
    pub applications: i64,
}

/// `None` when the account is gone, or there is nothing to tell by now.
pub async fn summary_facts(
    conn: &mut PgConnection,
    summary_id: Uuid,
) -> Result<Option<SummaryFacts>> {
    let Some((week, employer_id)) = db::subject(conn, summary_id).await? else {
        return Ok(None);
    };
    let (live_jobs, waiting) = db::standing(conn, employer_id).await?;
    let jobs = db::most_wanted(conn, employer_id, week, JOBS).await?;
    if live_jobs == 0 && jobs.is_empty() {
        return Ok(None);
    }
    let last_day = week + Days::new(6);
    let of_week = counts(conn, employer_id, week).await?;
    let before = counts(conn, employer_id, week - Days::new(7)).await?;
    Ok(Some(SummaryFacts {
        from: week.to_string(),
        to: last_day.to_string(),
        applications: of_week.applications,
        applications_before: before.applications,
        views: of_week.views,
        views_before: before.views,
        hires: of_week.hire_seconds.len(),
        live_jobs,
        waiting,
        jobs,
    }))
}

async fn counts(conn: &mut PgConnection, employer_id: Uuid, week: NaiveDate) -> Result<Counts> {
    let filter = Filter {
        employer_id: Some(employer_id),
        job_id: None,
    };
    let range = Range {
        from: week,
        to: week + Days::new(6),
    };
    Ok(analytics::report(conn, filter, range).await?.total)
}
