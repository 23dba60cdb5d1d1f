//! SQL of versions.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::Versioned;
use crate::Result;

/// How a thing is locked and its version read. `$1` and `$2` are what names it.
struct Statements {
    /// Locks what changes of the thing lock before it, so that a change with a version
    /// and one without never wait for each other in a circle; takes `$1` alone.
    before: Option<&'static str>,
    version: &'static str,
}

macro_rules! by_id {
    ($table:literal) => {
        Statements {
            before: None,
            version: concat!(
                "select updated_at from ",
                $table,
                " where id = $1 for update"
            ),
        }
    };
}

/// A row of one of the lists of a freelancer's profile.
macro_rules! of_profile {
    ($table:literal) => {
        Statements {
            before: Some(concat!(
                "select from freelancer_profiles
                 where id = (select freelancer_profile_id from ",
                $table,
                " where id = $1) for no key update"
            )),
            version: concat!(
                "select updated_at from ",
                $table,
                " where id = $1 for update"
            ),
        }
    };
}

fn statements(thing: Versioned) -> Statements {
    match thing {
        Versioned::Account => by_id!("users"),
        Versioned::Alert => Statements {
            before: None,
            version: "select updated_at from job_alerts
                      where user_id = $1 and id = $2 for update",
        },
        Versioned::Application => by_id!("applications"),
        Versioned::Category => Statements {
            before: Some(
                "select pg_advisory_xact_lock(hashtext('categories.parent_id'), 0)
                 where $1::uuid is not null",
            ),
            version: "select updated_at from categories where id = $1 for update",
        },
        Versioned::Certification => of_profile!("certifications"),
        Versioned::Company => by_id!("companies"),
        Versioned::CompanyMember => Statements {
            before: Some("select from companies where id = $1 for update"),
            version: "select m.updated_at
                      from company_members m join employer_profiles e on e.id = m.employer_id
                      where m.company_id = $1 and e.user_id = $2 for update of m",
        },
        Versioned::Education => of_profile!("educations"),
        Versioned::EmployerProfile => by_id!("employer_profiles"),
        Versioned::FreelancerProfile => by_id!("freelancer_profiles"),
        Versioned::Job => by_id!("jobs"),
        Versioned::Portfolio => of_profile!("portfolios"),
        Versioned::SavedJob => Statements {
            before: None,
            version: "select updated_at from saved_jobs
                      where user_id = $1 and job_id = $2 for update",
        },
        Versioned::Skill => by_id!("skills"),
        Versioned::UserSkill => Statements {
            before: Some("select from freelancer_profiles where id = $1 for no key update"),
            version: "select updated_at from user_skills
                      where freelancer_profile_id = $1 and skill_id = $2 for update",
        },
        Versioned::WorkExperience => of_profile!("work_experiences"),
    }
}

/// Locks the row until the end of the transaction and tells its version: of two
/// edits of one version the second sees the first one's. `None` where there is no
/// such row; whether the caller may see it is not asked.
pub async fn lock(
    conn: &mut PgConnection,
    thing: Versioned,
    names: &[Uuid],
) -> Result<Option<DateTime<Utc>>> {
    let Statements { before, version } = statements(thing);
    if let (Some(before), Some(name)) = (before, names.first()) {
        sqlx::query(before).bind(name).execute(&mut *conn).await?;
    }
    let mut version = sqlx::query_scalar(version);
    for name in names {
        version = version.bind(name);
    }
    Ok(version.fetch_optional(conn).await?)
}
