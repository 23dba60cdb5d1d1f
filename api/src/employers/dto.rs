//! Profiles of employers as clients send and see them.

use chrono::{DateTime, Utc};
use jobboard_shared::employers::{self, EmployerDetails};
use poem_openapi::{Enum, Object};
use uuid::Uuid;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case", remote = "employers::VerificationStatus")]
pub(crate) enum VerificationStatus {
    Unverified,
    Pending,
    Verified,
}

/// Who posts jobs
#[derive(Debug, Object)]
pub(crate) struct EmployerProfile {
    id: Uuid,
    user_id: Uuid,
    first_name: String,
    last_name: String,
    phone: Option<String>,
    position_title: Option<String>,
    bio: Option<String>,
    profile_picture_url: Option<String>,
    linkedin_url: Option<String>,
    primary_company_id: Option<Uuid>,
    /// Set by administrators
    can_post_jobs: bool,
    /// Jobs that were published at least once
    jobs_posted_count: i32,
    /// Jobs that are published now
    active_jobs_count: i32,
    verification_status: VerificationStatus,
    verified_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<employers::EmployerProfile> for EmployerProfile {
    fn from(profile: employers::EmployerProfile) -> Self {
        let details = profile.details;
        Self {
            id: profile.id,
            user_id: profile.user_id,
            first_name: details.first_name,
            last_name: details.last_name,
            phone: details.phone,
            position_title: details.position_title,
            bio: details.bio,
            profile_picture_url: details.profile_picture_url,
            linkedin_url: details.linkedin_url,
            primary_company_id: details.primary_company_id,
            can_post_jobs: profile.can_post_jobs,
            jobs_posted_count: profile.jobs_posted_count,
            active_jobs_count: profile.active_jobs_count,
            verification_status: profile.verification_status.into(),
            verified_at: profile.verified_at,
            created_at: profile.created_at,
            updated_at: profile.updated_at,
        }
    }
}

/// What an employer says of themselves, whole: what is left out is emptied
#[derive(Debug, Object)]
pub(super) struct EmployerProfileInput {
    #[oai(default, validator(max_length = 100))]
    first_name: String,
    #[oai(default, validator(max_length = 100))]
    last_name: String,
    #[oai(validator(max_length = 40))]
    phone: Option<String>,
    #[oai(validator(max_length = 200))]
    position_title: Option<String>,
    #[oai(validator(max_length = 10000))]
    bio: Option<String>,
    #[oai(validator(max_length = 2000))]
    profile_picture_url: Option<String>,
    #[oai(validator(max_length = 2000))]
    linkedin_url: Option<String>,
    /// One of the employer's own companies
    primary_company_id: Option<Uuid>,
}

impl From<EmployerProfileInput> for EmployerDetails {
    fn from(input: EmployerProfileInput) -> Self {
        Self {
            first_name: input.first_name.trim().to_owned(),
            last_name: input.last_name.trim().to_owned(),
            phone: input.phone,
            position_title: input.position_title,
            bio: input.bio,
            profile_picture_url: input.profile_picture_url,
            linkedin_url: input.linkedin_url,
            primary_company_id: input.primary_company_id,
        }
    }
}
