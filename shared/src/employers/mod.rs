//! Profiles of those who post jobs.

pub mod db;
mod scope;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{Error, Result, rules::Rules, settings};

pub use scope::{Actor, CompanyRole, Scope};

#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "verification_status", rename_all = "snake_case")]
pub enum VerificationStatus {
    Unverified,
    Pending,
    Verified,
}

impl VerificationStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unverified => "unverified",
            Self::Pending => "pending",
            Self::Verified => "verified",
        }
    }
}

#[derive(Clone, Debug)]
pub struct EmployerProfile {
    pub id: Uuid,
    pub user_id: Uuid,
    pub details: EmployerDetails,
    pub can_post_jobs: bool,
    /// Jobs that were published at least once.
    pub jobs_posted_count: i32,
    /// Jobs that are published now.
    pub active_jobs_count: i32,
    pub verification_status: VerificationStatus,
    pub verified_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// What employers say of themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EmployerDetails {
    pub first_name: String,
    pub last_name: String,
    pub phone: Option<String>,
    pub position_title: Option<String>,
    pub bio: Option<String>,
    pub profile_picture_url: Option<String>,
    pub linkedin_url: Option<String>,
    /// One of the companies that the employer owns or works for.
    pub primary_company_id: Option<Uuid>,
}

impl EmployerDetails {
    fn check(&self) -> Rules {
        let mut rules = Rules::new();
        rules.line("first_name", &self.first_name, 100);
        rules.line("last_name", &self.last_name, 100);
        rules.optional_line("phone", self.phone.as_deref(), 40);
        rules.optional_line("position_title", self.position_title.as_deref(), 200);
        rules.optional_text("bio", self.bio.as_deref(), 10_000);
        rules.url("profile_picture_url", self.profile_picture_url.as_deref());
        rules.url("linkedin_url", self.linkedin_url.as_deref());
        rules
    }
}

/// Replaces what the employer says of themselves.
pub async fn update_profile(
    conn: &mut PgConnection,
    employer_id: Uuid,
    details: &EmployerDetails,
) -> Result<EmployerProfile> {
    let mut rules = details.check();
    if let Some(company_id) = details.primary_company_id
        && crate::companies::db::role(conn, company_id, employer_id)
            .await?
            .is_none()
    {
        rules.refuse(
            "primary_company_id",
            "unknown_company",
            "is none of your companies",
        );
    }
    rules.finish()?;
    db::update_details(conn, employer_id, details).await?;
    db::get(conn, employer_id).await
}

/// What decides whether an employer may post.
struct Standing {
    can_post_jobs: bool,
    is_verified: bool,
    is_email_verified: bool,
}

/// Refuses an employer whom an administrator has barred from posting, and one who
/// lacks a verification that the settings ask for.
pub async fn ensure_can_post(conn: &mut PgConnection, scope: Scope) -> Result<()> {
    let Scope::Own(employer_id) = scope else {
        return Ok(());
    };
    let standing = db::standing(conn, employer_id).await?;
    let Some(standing) = standing.filter(|standing| standing.can_post_jobs) else {
        return Err(Error::forbidden(
            "posting_not_allowed",
            "this account may not post jobs; an administrator can allow it",
        ));
    };
    let settings = settings::load(conn).await?;
    if settings.require_verified_email && !standing.is_email_verified {
        return Err(Error::forbidden(
            "email_not_verified",
            "confirm your email address before you post jobs",
        ));
    }
    if settings.require_verified_employer && !standing.is_verified {
        return Err(Error::forbidden(
            "employer_not_verified",
            "only verified employers post jobs here; ask for verification first",
        ));
    }
    Ok(())
}
