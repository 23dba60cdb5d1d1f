//! The account as its owner sees it.

use chrono::{DateTime, Utc};
use jobboard_shared::users::{Account, AccountType, Role};
use poem_openapi::{Enum, Object};
use uuid::Uuid;

#[derive(Clone, Copy, Debug, Enum)]
#[oai(rename = "Role", rename_all = "snake_case", remote = "Role")]
pub(crate) enum RoleName {
    Admin,
    Employer,
    Freelancer,
}

#[derive(Clone, Copy, Debug, Enum)]
#[oai(
    rename = "AccountType",
    rename_all = "snake_case",
    remote = "AccountType"
)]
pub(crate) enum AccountTypeName {
    Employer,
    Freelancer,
}

/// An account as its owner sees it.
#[derive(Debug, Object)]
pub(crate) struct UserProfile {
    id: Uuid,
    email: String,
    role: RoleName,
    account_type: Option<AccountTypeName>,
    first_name: String,
    last_name: String,
    is_active: bool,
    is_verified: bool,
    is_email_verified: bool,
    last_login: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<Account> for UserProfile {
    fn from(account: Account) -> Self {
        Self {
            id: account.id,
            email: account.email,
            role: account.role.into(),
            account_type: account.account_type.map(Into::into),
            first_name: account.first_name,
            last_name: account.last_name,
            is_active: account.is_active,
            is_verified: account.is_verified,
            is_email_verified: account.is_email_verified,
            last_login: account.last_login,
            created_at: account.created_at,
            updated_at: account.updated_at,
        }
    }
}

#[derive(Debug, Object)]
pub(crate) struct UserProfileUpdate {
    #[oai(validator(max_length = 100))]
    first_name: String,
    #[oai(validator(max_length = 100))]
    last_name: String,
}

impl UserProfileUpdate {
    pub(super) fn parse(self) -> (String, String) {
        (
            self.first_name.trim().to_owned(),
            self.last_name.trim().to_owned(),
        )
    }
}
