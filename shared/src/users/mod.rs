//! Accounts and their roles.

pub mod administration;
pub mod db;

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    Error, FieldError, Result,
    auth::{MailedTokenKey, Occasion, recovery},
    mail::Language,
    rules::Rules,
    settings,
};

/// What an account may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "user_role", rename_all = "snake_case")]
pub enum Role {
    Admin,
    Employer,
    Freelancer,
}

impl Role {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Employer => "employer",
            Self::Freelancer => "freelancer",
        }
    }
}

/// Which kind of profile an account has. Admins made by command have none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "account_type", rename_all = "snake_case")]
pub enum AccountType {
    Employer,
    Freelancer,
}

impl From<AccountType> for Role {
    fn from(account_type: AccountType) -> Self {
        match account_type {
            AccountType::Employer => Self::Employer,
            AccountType::Freelancer => Self::Freelancer,
        }
    }
}

/// An email address in the one form in which it is stored and compared: without
/// surrounding space, in lower case.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Email(String);

impl Email {
    /// Checks what can be checked without sending: whether the address is real
    /// is known once somebody answers it.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let address = text.trim().to_lowercase();
        let plausible = address.len() <= 254
            && address.rsplit_once('@').is_some_and(|(local, domain)| {
                (1..=64).contains(&local.len())
                    && !local.contains('@')
                    && domain.contains('.')
                    && domain.split('.').all(|label| {
                        !label.is_empty() && !label.starts_with('-') && !label.ends_with('-')
                    })
            })
            && !address
                .chars()
                .any(|c| c.is_whitespace() || c.is_control() || "<>()[]\\,;:\"".contains(c));
        if plausible {
            Ok(Self(address))
        } else {
            Err(FieldError::new(
                "email",
                "invalid_format",
                "must be an email address",
            ))
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Addresses are personal data: a log shows the domain alone.
impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let domain = self.0.rsplit('@').next().unwrap_or_default();
        write!(f, "Email(…@{domain})")
    }
}

/// An account as its owner sees it.
#[derive(Clone, Debug)]
pub struct Account {
    pub id: Uuid,
    pub email: String,
    pub role: Role,
    pub account_type: Option<AccountType>,
    pub first_name: String,
    pub last_name: String,
    pub is_active: bool,
    pub is_verified: bool,
    pub is_email_verified: bool,
    /// What mails are written in; none: in the board's own language.
    pub language: Option<Language>,
    pub last_login: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// A new account with its profile.
#[derive(Clone, Debug)]
pub struct NewAccount {
    pub email: Email,
    /// PHC string, see [`crate::auth::Passwords`].
    pub password_hash: String,
    pub account_type: AccountType,
    pub first_name: String,
    pub last_name: String,
    /// What mails are written in; none: in the board's own language.
    pub language: Option<Language>,
}

/// Refuses new accounts while administrators have closed registration.
pub async fn ensure_registration_open(conn: &mut PgConnection) -> Result<()> {
    if settings::load(conn).await?.registration_open {
        Ok(())
    } else {
        Err(Error::forbidden(
            "registration_closed",
            "no new accounts are accepted at the moment",
        ))
    }
}

/// The longest first or last name, in characters.
pub const MAX_NAME: usize = 100;

/// What an administrator looks for among the accounts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountFilter {
    pub role: Option<Role>,
    pub is_active: Option<bool>,
    /// Any part of the address, without regard to case.
    pub email_part: Option<String>,
}

/// What an administrator changes of an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AccountChange {
    pub role: Option<Role>,
    pub is_active: Option<bool>,
    pub is_verified: Option<bool>,
}

/// What people change of their own account; what is absent stays.
#[derive(Clone, Debug, Default)]
pub struct ProfileChange {
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub email: Option<Email>,
    /// An inner none: the board's own.
    pub language: Option<Option<Language>>,
}

/// Creates an account, and mails it to have its address confirmed.
pub async fn register(
    conn: &mut PgConnection,
    key: &MailedTokenKey,
    new: &NewAccount,
) -> Result<Account> {
    check_names(Some(&new.first_name), Some(&new.last_name))?;
    let account = db::insert(conn, new).await?;
    recovery::mail_token(conn, key, account.id, Occasion::EmailVerification).await?;
    Ok(account)
}

/// Changes the own account. A new address has to be confirmed anew.
pub async fn change_profile(
    conn: &mut PgConnection,
    key: &MailedTokenKey,
    user_id: Uuid,
    change: &ProfileChange,
) -> Result<Account> {
    let (first_name, last_name) = (change.first_name.as_deref(), change.last_name.as_deref());
    check_names(first_name, last_name)?;
    if let Some(email) = &change.email
        && db::get(conn, user_id).await?.email != email.as_str()
    {
        recovery::change_email(conn, key, user_id, email).await?;
    }
    if (first_name.is_some() || last_name.is_some())
        && !db::rename(conn, user_id, first_name, last_name).await?
    {
        return Err(Error::conflict("no_profile", "this account has no profile"));
    }
    if let Some(language) = change.language {
        db::set_language(conn, user_id, language).await?;
    }
    db::get(conn, user_id).await
}

fn check_names(first_name: Option<&str>, last_name: Option<&str>) -> Result<()> {
    let mut rules = Rules::new();
    rules.optional_line("first_name", first_name, MAX_NAME);
    rules.optional_line("last_name", last_name, MAX_NAME);
    rules.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_kept_in_one_form() {
        let email = Email::parse("  Ada.Lovelace@Example.COM ").unwrap();
        assert_eq!(email.as_str(), "ada.lovelace@example.com");
        assert!(!format!("{email:?}").contains("ada"));
    }

    #[test]
    fn what_cannot_be_an_address_is_refused() {
        for text in [
            "",
            "@",
            "ada",
            "ada@",
            "@example.com",
            "ada@example",
            "ada@example..com",
            "ada@@example.com",
            "a da@example.com",
            "ada@example.com\nBcc: all@example.com",
            "Ada <ada@example.com>",
        ] {
            assert!(Email::parse(text).is_err(), "{text:?}");
        }
        let long = format!("{}@example.com", "a".repeat(65));
        assert!(Email::parse(&long).is_err());
    }
}
