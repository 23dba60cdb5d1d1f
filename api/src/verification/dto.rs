//! Who and what is verified, as clients see it.

use chrono::{DateTime, Utc};
use jobboard_shared::verification::{self, CompanyCandidate, EmployerCandidate};
use poem_openapi::Object;
use uuid::Uuid;

use crate::employers::dto::VerificationStatus;

/// An employer, for those who decide
#[derive(Debug, Object)]
pub(super) struct EmployerVerification {
    /// Of the profile
    id: Uuid,
    user_id: Uuid,
    email: String,
    is_email_verified: bool,
    first_name: String,
    last_name: String,
    position_title: Option<String>,
    linkedin_url: Option<String>,
    /// The name of the primary company
    primary_company: Option<String>,
    /// Jobs that were published at least once
    jobs_posted_count: i32,
    verification_status: VerificationStatus,
    verified_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

impl From<EmployerCandidate> for EmployerVerification {
    fn from(employer: EmployerCandidate) -> Self {
        Self {
            id: employer.id,
            user_id: employer.user_id,
            email: employer.email,
            is_email_verified: employer.is_email_verified,
            first_name: employer.first_name,
            last_name: employer.last_name,
            position_title: employer.position_title,
            linkedin_url: employer.linkedin_url,
            primary_company: employer.primary_company,
            jobs_posted_count: employer.jobs_posted_count,
            verification_status: employer.status.into(),
            verified_at: employer.verified_at,
            created_at: employer.created_at,
        }
    }
}

/// A company, for those who decide
#[derive(Debug, Object)]
pub(super) struct CompanyVerification {
    id: Uuid,
    /// The profile of its employer; null, if nobody has claimed it yet
    employer_id: Option<Uuid>,
    name: String,
    slug: String,
    website: Option<String>,
    email: Option<String>,
    verification_status: VerificationStatus,
    /// Since when it is pending
    requested_at: Option<DateTime<Utc>>,
    verified_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

impl From<CompanyCandidate> for CompanyVerification {
    fn from(company: CompanyCandidate) -> Self {
        Self {
            id: company.id,
            employer_id: company.employer_id,
            name: company.name,
            slug: company.slug,
            website: company.website,
            email: company.email,
            verification_status: company.status.into(),
            requested_at: company.requested_at,
            verified_at: company.verified_at,
            created_at: company.created_at,
        }
    }
}

/// Why something is not verified
#[derive(Debug, Object)]
pub(super) struct Rejection {
    /// The employer reads it in a mail
    #[oai(validator(min_length = 1, max_length = 2000))]
    pub(super) reason: String,
}

/// A move of an employer or of a company
#[derive(Debug, Object)]
pub(super) struct VerificationChange {
    id: Uuid,
    from_status: VerificationStatus,
    to_status: VerificationStatus,
    /// Of a rejection
    reason: Option<String>,
    /// Null, if the account is gone
    changed_by: Option<Uuid>,
    changed_at: DateTime<Utc>,
}

impl From<verification::Change> for VerificationChange {
    fn from(change: verification::Change) -> Self {
        Self {
            id: change.id,
            from_status: change.from_status.into(),
            to_status: change.to_status.into(),
            reason: change.reason,
            changed_by: change.changed_by,
            changed_at: change.changed_at,
        }
    }
}

/// The moves of an employer or of a company, the newest first, a hundred at most
#[derive(Debug, Object)]
pub(super) struct VerificationHistory {
    pub(super) results: Vec<VerificationChange>,
}
