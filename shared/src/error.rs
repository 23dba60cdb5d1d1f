//! What can go wrong with a request, apart from how a protocol says it.

use std::{borrow::Cow, time::Duration};

use serde::{Deserialize, Serialize};

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// One thing wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// Path of the field, dotted: `salary_min`, `skills.0.name`.
    pub field: String,
    /// Stable, for programs: `required`, `too_long`, `unknown_field`, ...
    pub code: Cow<'static, str>,
    /// For people.
    pub message: String,
}

impl FieldError {
    pub fn new(
        field: impl Into<String>,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            field: field.into(),
            code: code.into(),
            message: message.into(),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Missing, or not the asker's: the two must look alike.
    #[error("{0} not found")]
    NotFound(&'static str),
    /// Every field that breaks a rule.
    #[error("invalid: {0:?}")]
    Invalid(Vec<FieldError>),
    /// Right in itself, but not in the present state.
    #[error("{message}")]
    Conflict { code: &'static str, message: String },
    #[error("{message}")]
    Forbidden { code: &'static str, message: String },
    /// As much as is allowed for now.
    #[error("{message}")]
    TooMany {
        code: &'static str,
        message: String,
        retry_after: Duration,
    },
    /// The server's own fault, or the database's.
    #[error(transparent)]
    Database(sqlx::Error),
}

impl Error {
    pub fn invalid(
        field: impl Into<String>,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Self {
        Self::Invalid(vec![FieldError::new(field, code, message)])
    }

    pub fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::Conflict {
            code,
            message: message.into(),
        }
    }

    pub fn forbidden(code: &'static str, message: impl Into<String>) -> Self {
        Self::Forbidden {
            code,
            message: message.into(),
        }
    }
}

enum Violation {
    Field(&'static str, &'static str, &'static str),
    Conflict(&'static str, &'static str),
}

const ALREADY_REVIEWED: Violation = Violation::Conflict(
    "already_reviewed",
    "you have reviewed the work on this job already",
);

/// What a client is told when a constraint refuses its change. A constraint not
/// listed is one that no request can break: breaking it is our bug, hence a 500.
const VIOLATIONS: &[(&str, Violation)] = &[
    (
        "users_email_key",
        Violation::Conflict("email_taken", "an account with this email exists"),
    ),
    (
        "companies_name_key",
        Violation::Conflict("company_name_taken", "a company of this name exists"),
    ),
    (
        "companies_slug_key",
        Violation::Conflict("company_name_taken", "a company of this name exists"),
    ),
    (
        "categories_name_key",
        Violation::Conflict("category_name_taken", "a category of this name exists"),
    ),
    (
        "categories_slug_key",
        Violation::Conflict("category_name_taken", "a category of this name exists"),
    ),
    (
        "categories_parent_check",
        Violation::Field(
            "parent_id",
            "cycle",
            "a category cannot be its own ancestor",
        ),
    ),
    (
        "skills_name_key",
        Violation::Conflict("skill_name_taken", "a skill of this name exists"),
    ),
    (
        "skills_slug_key",
        Violation::Conflict("skill_name_taken", "a skill of this name exists"),
    ),
    (
        "search_synonyms_words_key",
        Violation::Conflict("search_synonym_exists", "the term has synonyms already"),
    ),
    (
        "jobs_salary_check",
        Violation::Field(
            "salary_max",
            "below_minimum",
            "salary_max is below salary_min",
        ),
    ),
    (
        "jobs_expiry_check",
        Violation::Field(
            "expires_at",
            "before_publication",
            "expires_at is not after the publication",
        ),
    ),
    (
        "applications_job_applicant_key",
        Violation::Conflict("already_applied", "you have applied for this job already"),
    ),
    (
        "saved_jobs_user_job_key",
        Violation::Conflict("already_saved", "you have saved this job already"),
    ),
    (
        "user_skills_profile_skill_key",
        Violation::Conflict("skill_listed", "the profile lists this skill already"),
    ),
    ("freelancer_reviews_job_once_key", ALREADY_REVIEWED),
    ("freelancer_reviews_once_key", ALREADY_REVIEWED),
    (
        "freelancer_profiles_rate_check",
        Violation::Field(
            "hourly_rate_max",
            "below_minimum",
            "hourly_rate_max is below hourly_rate_min",
        ),
    ),
];

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        let name = error.as_database_error().and_then(|e| e.constraint());
        match VIOLATIONS
            .iter()
            .find(|(constraint, _)| Some(*constraint) == name)
        {
            Some((_, Violation::Field(field, code, message))) => {
                Self::invalid(*field, *code, *message)
            }
            Some((_, Violation::Conflict(code, message))) => Self::conflict(code, *message),
            None => Self::Database(error),
        }
    }
}
