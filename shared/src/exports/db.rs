//! SQL of exports.

use serde_json::Value;
use sqlx::{PgConnection, Postgres, QueryBuilder, types::Json};

use super::{BATCH, Export, Position};
use crate::{Result, companies, employers::Scope};

pub(super) const JOB_FIELDS: &[(&str, &str)] = &[
    ("id", "j.id"),
    ("title", "j.title"),
    ("company", "c.name"),
    ("category", "k.name"),
    ("status", "j.status"),
    ("location", "j.location"),
    ("is_remote", "j.is_remote"),
    (
        "workplace",
        "case when j.is_remote then 'remote' when j.is_hybrid then 'hybrid' else 'on_site' end",
    ),
    ("job_type", "j.job_type"),
    ("experience_level", "j.experience_level"),
    ("salary_min", "j.salary_min::text"),
    ("salary_max", "j.salary_max::text"),
    ("salary_currency", "j.salary_currency"),
    ("salary_period", "j.salary_period"),
    (
        "skills",
        "(select string_agg(s.name, '; ' order by lower(s.name))
          from job_skills js join skills s on s.id = js.skill_id where js.job_id = j.id)",
    ),
    ("description", "j.description"),
    ("requirements", "j.requirements"),
    ("responsibilities", "j.responsibilities"),
    ("benefits", "j.benefits"),
    ("view_count", "j.view_count"),
    ("application_count", "j.application_count"),
    ("save_count", "j.save_count"),
    ("publish_at", "j.publish_at"),
    ("published_at", "j.published_at"),
    ("expires_at", "j.expires_at"),
    ("closed_at", "j.closed_at"),
    ("created_at", "j.created_at"),
    ("updated_at", "j.updated_at"),
    ("external_url", "j.external_url"),
];

pub(super) const APPLICATION_FIELDS: &[(&str, &str)] = &[
    ("id", "a.id"),
    ("job_id", "a.job_id"),
    ("job_title", "j.title"),
    ("company", "c.name"),
    ("applicant_id", "a.applicant_id"),
    (
        "applicant_name",
        "coalesce(btrim(f.first_name || ' ' || f.last_name), '')",
    ),
    ("applicant_email", "u.email"),
    ("status", "a.status"),
    ("rating", "a.rating"),
    ("internal_notes", "a.internal_notes"),
    ("rejection_reason", "a.rejection_reason"),
    ("cover_letter", "a.cover_letter"),
    ("resume_url", "a.resume_url"),
    ("answers", "a.answers"),
    ("screening", "a.screening"),
    ("applied_at", "a.applied_at"),
    ("reviewed_at", "a.reviewed_at"),
    ("status_changed_at", "a.status_changed_at"),
];

#[derive(sqlx::FromRow)]
pub(super) struct FoundRow {
    #[sqlx(flatten)]
    pub(super) position: Position,
    pub(super) values: Json<Vec<Value>>,
}

/// An employer's jobs in the order of their index, everybody's by key.
pub(super) async fn jobs(
    conn: &mut PgConnection,
    scope: Scope,
    after: Option<Position>,
) -> Result<Vec<FoundRow>> {
    let mut query = select(
        Export::Jobs,
        "'00000000-0000-0000-0000-000000000000'::uuid",
        "j.id",
    );
    query.push(
        " from jobs j
          join companies c on c.id = j.company_id
          left join categories k on k.id = j.category_id
          where ",
    );
    push_scope(conn, &mut query, scope).await?;
    if let Some(after) = after {
        match scope {
            Scope::Own(_) => {
                query.push(" and (j.created_at, j.id) > (");
                query.push_bind(after.job_created_at).push(", ");
                query.push_bind(after.job_id).push(")");
            }
            Scope::Any => {
                query.push(" and j.id > ").push_bind(after.job_id);
            }
        }
    }
    query.push(match scope {
        Scope::Own(_) => " order by j.created_at, j.id",
        Scope::Any => " order by j.id",
    });
    query.push(" limit ").push_bind(BATCH as i64);
    Ok(query.build_query_as().fetch_all(conn).await?)
}

/// An employer's applications job by job, each in the order of its index;
/// everybody's by key.
pub(super) async fn applications(
    conn: &mut PgConnection,
    scope: Scope,
    after: Option<Position>,
) -> Result<Vec<FoundRow>> {
    let mut query = select(Export::Applications, "a.applicant_id", "a.id");
    query.push(
        " from applications a
          join jobs j on j.id = a.job_id
          join companies c on c.id = j.company_id
          join users u on u.id = a.applicant_id
          left join freelancer_profiles f on f.user_id = a.applicant_id
          where ",
    );
    push_scope(conn, &mut query, scope).await?;
    if let Some(after) = after {
        match scope {
            Scope::Own(_) => {
                // The first condition is for the index, the second for the rest.
                query.push(" and (j.created_at, j.id) >= (");
                query.push_bind(after.job_created_at).push(", ");
                query.push_bind(after.job_id).push(")");
                query.push(" and (j.created_at, j.id, a.applicant_id) > (");
                query.push_bind(after.job_created_at).push(", ");
                query.push_bind(after.job_id).push(", ");
                query.push_bind(after.applicant_id).push(")");
            }
            Scope::Any => {
                query.push(" and a.id > ").push_bind(after.row_id);
            }
        }
    }
    query.push(match scope {
        Scope::Own(_) => " order by j.created_at, j.id, a.applicant_id",
        Scope::Any => " order by a.id",
    });
    query.push(" limit ").push_bind(BATCH as i64);
    Ok(query.build_query_as().fetch_all(conn).await?)
}

fn select(export: Export, applicant_id: &str, row_id: &str) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new("select j.created_at as job_created_at, j.id as job_id, ");
    query.push(applicant_id).push(" as applicant_id, ");
    query.push(row_id).push(" as row_id, json_build_array(");
    for (i, (_, sql)) in export.fields().iter().enumerate() {
        query.push(if i == 0 { "" } else { ", " }).push(sql);
    }
    query.push(") as values");
    query
}

async fn push_scope(
    conn: &mut PgConnection,
    query: &mut QueryBuilder<Postgres>,
    scope: Scope,
) -> Result<()> {
    let Scope::Own(employer_id) = scope else {
        query.push("true");
        return Ok(());
    };
    companies::members::db::push_jobs_of(conn, query, employer_id).await
}
