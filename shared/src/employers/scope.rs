//! What an employer may do, and where.

use uuid::Uuid;

use crate::{Error, Result};

/// Whose companies and jobs a caller may manage. Part of every query for an
/// owned row: what lies outside is as good as missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The id of an employer's profile: their own companies, and those that they
    /// work for as far as their role goes.
    Own(Uuid),
    /// Everybody's: administrators alone.
    Any,
}

impl Scope {
    pub fn employer_id(self) -> Option<Uuid> {
        match self {
            Self::Own(employer_id) => Some(employer_id),
            Self::Any => None,
        }
    }
}

/// Who acts, and over what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actor {
    pub user_id: Uuid,
    pub scope: Scope,
}

/// What somebody may do for a company; each role may what those after it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, sqlx::Type)]
#[sqlx(type_name = "company_role", rename_all = "snake_case")]
pub enum CompanyRole {
    /// Manages the company and its members.
    Owner,
    /// Posts jobs and moves applications.
    Recruiter,
    /// Reads applications, rates them and notes things down.
    Reviewer,
}

impl CompanyRole {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Recruiter => "recruiter",
            Self::Reviewer => "reviewer",
        }
    }

    /// Whether this role may do what takes the other.
    pub fn reaches(self, needed: Self) -> bool {
        self <= needed
    }

    /// Refuses somebody of the company whose role does not go that far.
    pub fn ensure(self, needed: Self) -> Result<()> {
        if self.reaches(needed) {
            return Ok(());
        }
        Err(Error::forbidden(
            "company_role_required",
            format!(
                "you are a {} of this company; this takes the role {}",
                self.name(),
                needed.name()
            ),
        ))
    }
}
