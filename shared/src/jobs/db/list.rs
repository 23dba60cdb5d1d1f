//! SQL of lists of jobs.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, Postgres, QueryBuilder};
use uuid::Uuid;

use crate::{
    Result, companies,
    jobs::{JobFilter, JobStatus, JobSummary, Workplace},
    pagination::{Paging, Slice, Start, TimeCursor},
};

const SUMMARY: &str = "
    select j.id, j.employer_id, j.company_id, c.name as company_name, c.slug as company_slug,
        c.logo_url as company_logo_url, j.category_id, k.name as category_name, k.slug as category_slug,
        j.title, j.location, j.is_remote, j.is_hybrid, j.job_type, j.experience_level, j.salary_min, j.salary_max,
        j.salary_currency, j.salary_period, j.status, j.view_count, j.application_count, j.save_count,
        j.publish_at, j.published_at, j.expires_at, j.closed_at, j.created_at, j.updated_at
    from jobs j
    join companies c on c.id = j.company_id
    left join categories k on k.id = j.category_id
    where ";

/// Published jobs that have not expired, newest first. Counts them for page
/// numbers only.
pub async fn list(
    conn: &mut PgConnection,
    filter: &JobFilter,
    paging: &Paging,
) -> Result<Slice<JobSummary>> {
    let total = match paging.start {
        Start::Page(_) => {
            let mut query = QueryBuilder::new("select count(*) from jobs j where ");
            push_filter(&mut query, filter);
            Some(query.build_query_scalar().fetch_one(&mut *conn).await?)
        }
        Start::After(_) => None,
    };
    let mut query = QueryBuilder::new(SUMMARY);
    push_filter(&mut query, filter);
    if let Some(cursor) = paging.cursor() {
        query.push(" and (j.published_at, j.id) < (");
        query.push_bind(cursor.at).push(", ");
        query.push_bind(cursor.id).push(")");
    }
    query.push(" order by j.published_at desc, j.id desc");
    push_paging(&mut query, paging);
    let rows = query.build_query_as().fetch_all(conn).await?;
    Ok(Slice::cut(rows, paging.size, total, |job: &JobSummary| {
        TimeCursor {
            at: job.published_at.unwrap_or_default(),
            id: job.id,
        }
    }))
}

/// When the first of the live jobs expires: until then no list becomes shorter by time
/// alone.
pub async fn next_expiry(conn: &mut PgConnection) -> Result<Option<DateTime<Utc>>> {
    Ok(sqlx::query_scalar!(
        "select min(expires_at) from jobs
         where status = 'published' and expires_at > (select app_now())"
    )
    .fetch_one(conn)
    .await?)
}

/// All jobs of an employer and of the companies that they work for, whatever their
/// status, newest first.
pub async fn list_of_employer(
    conn: &mut PgConnection,
    employer_id: Uuid,
    status: Option<JobStatus>,
    paging: &Paging,
) -> Result<Slice<JobSummary>> {
    let total = match paging.start {
        Start::Page(_) => {
            let mut query = QueryBuilder::new("select count(*) from jobs j where ");
            push_employer(conn, &mut query, employer_id, status).await?;
            Some(query.build_query_scalar().fetch_one(&mut *conn).await?)
        }
        Start::After(_) => None,
    };
    let mut query = QueryBuilder::new(SUMMARY);
    push_employer(conn, &mut query, employer_id, status).await?;
    if let Some(cursor) = paging.cursor() {
        query.push(" and (j.created_at, j.id) < (");
        query.push_bind(cursor.at).push(", ");
        query.push_bind(cursor.id).push(")");
    }
    query.push(" order by j.created_at desc, j.id desc");
    push_paging(&mut query, paging);
    let rows = query.build_query_as().fetch_all(conn).await?;
    Ok(Slice::cut(rows, paging.size, total, |job: &JobSummary| {
        TimeCursor {
            at: job.created_at,
            id: job.id,
        }
    }))
}

async fn push_employer(
    conn: &mut PgConnection,
    query: &mut QueryBuilder<Postgres>,
    employer_id: Uuid,
    status: Option<JobStatus>,
) -> Result<()> {
    companies::members::db::push_jobs_of(conn, query, employer_id).await?;
    if let Some(status) = status {
        query.push(" and j.status = ").push_bind(status);
    }
    Ok(())
}

/// The live ones among these jobs, in the given order: what a search or a
/// recommendation found becomes a list.
pub async fn summaries(conn: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<JobSummary>> {
    let mut query = QueryBuilder::new(SUMMARY);
    push_live(&mut query);
    query.push(" and j.id = any(").push_bind(ids.to_vec());
    query.push(") order by array_position(");
    query.push_bind(ids.to_vec()).push(", j.id)");
    Ok(query.build_query_as().fetch_all(conn).await?)
}

/// Jobs of these ids, whatever their status, in no order.
pub async fn summaries_of_any(conn: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<JobSummary>> {
    let mut query = QueryBuilder::new(SUMMARY);
    query.push("j.id = any(").push_bind(ids.to_vec()).push(")");
    Ok(query.build_query_as().fetch_all(conn).await?)
}

fn push_live(query: &mut QueryBuilder<Postgres>) {
    query.push("is_live(j, (select app_now()))");
}

fn push_filter(query: &mut QueryBuilder<Postgres>, filter: &JobFilter) {
    push_live(query);
    if !filter.job_types.is_empty() {
        query.push(" and j.job_type = any(");
        query.push_bind(filter.job_types.clone()).push(")");
    }
    if !filter.experience_levels.is_empty() {
        query.push(" and j.experience_level = any(");
        query.push_bind(filter.experience_levels.clone()).push(")");
    }
    if let Some(is_remote) = filter.is_remote {
        query.push(" and j.is_remote = ").push_bind(is_remote);
    }
    if !filter.workplaces.is_empty() {
        let any = |one| filter.workplaces.contains(&one);
        query.push(" and case when j.is_remote then ");
        query.push_bind(any(Workplace::Remote));
        query.push(" when j.is_hybrid then ");
        query.push_bind(any(Workplace::Hybrid));
        query.push(" else ").push_bind(any(Workplace::OnSite));
        query.push(" end");
    }
    if !filter.category_ids.is_empty() {
        query.push(" and j.category_id = any(");
        query.push_bind(filter.category_ids.clone()).push(")");
    }
    if let Some(company_id) = filter.company_id {
        query.push(" and j.company_id = ").push_bind(company_id);
    }
    if let Some(location) = &filter.location {
        query.push(" and j.location ilike ");
        query.push_bind(containing(location));
    }
    if let Some(amount) = filter.salary_min {
        query.push(" and coalesce(j.yearly_salary_max, j.yearly_salary_min) >= ");
        query.push_bind(amount);
    }
    if let Some(amount) = filter.salary_max {
        query.push(" and coalesce(j.yearly_salary_min, j.yearly_salary_max) <= ");
        query.push_bind(amount);
    }
    if let Some(currency) = &filter.salary_currency {
        query.push(" and j.salary_currency = ");
        query.push_bind(currency.clone());
    }
    if let Some(time) = filter.posted_after {
        query.push(" and j.published_at > ").push_bind(time);
    }
}

fn push_paging(query: &mut QueryBuilder<Postgres>, paging: &Paging) {
    query.push(" limit ").push_bind(paging.limit());
    query.push(" offset ").push_bind(paging.offset());
}

/// The pattern of texts that contain this one, taken literally.
fn containing(text: &str) -> String {
    let escaped = text
        .trim()
        .replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_");
    format!("%{escaped}%")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_signs_of_patterns_are_taken_literally() {
        assert_eq!(super::containing(" 100%_\\ "), "%100\\%\\_\\\\%");
    }
}
