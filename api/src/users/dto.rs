//! Accounts as their owners and administrators see and change them.

use chrono::{DateTime, Utc};
use jobboard_shared::{
    auth::{Password, RefreshToken},
    mail::Language,
    users::{
        Account, AccountChange, AccountType, Email, ProfileChange, Role,
        administration::MadeAccount,
    },
};
use poem_openapi::{Enum, Object, types::MaybeUndefined};
use secrecy::SecretString;
use uuid::Uuid;

use crate::problem::{Problem, Result};

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

/// Of mails
#[derive(Clone, Copy, Debug, Enum)]
#[oai(rename = "Language", rename_all = "snake_case", remote = "Language")]
pub(crate) enum LanguageName {
    En,
    De,
    Fr,
    Es,
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
    /// What mails to the account are written in; null: the board's own language
    language: Option<LanguageName>,
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
            language: account.language.map(Into::into),
            last_login: account.last_login,
            created_at: account.created_at,
            updated_at: account.updated_at,
        }
    }
}

/// The own account, whole. An address that is left out stays
#[derive(Object)]
pub(super) struct UserProfileReplacement {
    #[oai(validator(max_length = 100))]
    first_name: String,
    #[oai(validator(max_length = 100))]
    last_name: String,
    /// Another one has to be confirmed anew
    #[oai(validator(max_length = 254))]
    email: Option<poem_openapi::types::Email>,
    /// What mails are written in; null: the board's own language; left out: as before
    language: MaybeUndefined<LanguageName>,
    /// Goes with another email address
    #[oai(validator(max_length = 128))]
    current_password: Option<poem_openapi::types::Password>,
}

/// What is to change of the own account
#[derive(Object)]
pub(super) struct UserProfileChange {
    #[oai(validator(max_length = 100))]
    first_name: Option<String>,
    #[oai(validator(max_length = 100))]
    last_name: Option<String>,
    /// Another one has to be confirmed anew
    #[oai(validator(max_length = 254))]
    email: Option<poem_openapi::types::Email>,
    /// What mails are written in; null: the board's own language; left out: as before
    language: MaybeUndefined<LanguageName>,
    /// Goes with another email address
    #[oai(validator(max_length = 128))]
    current_password: Option<poem_openapi::types::Password>,
}

impl From<UserProfileReplacement> for UserProfileChange {
    fn from(whole: UserProfileReplacement) -> Self {
        Self {
            first_name: Some(whole.first_name),
            last_name: Some(whole.last_name),
            email: whole.email,
            language: whole.language,
            current_password: whole.current_password,
        }
    }
}

impl UserProfileChange {
    pub(super) fn parse(self) -> Result<(ProfileChange, Option<SecretString>)> {
        let email = self.email.map(|email| Email::parse(&email)).transpose();
        let change = ProfileChange {
            first_name: self.first_name.map(|name| name.trim().to_owned()),
            last_name: self.last_name.map(|name| name.trim().to_owned()),
            email: email.map_err(|error| Problem::invalid(vec![error]))?,
            language: match self.language {
                MaybeUndefined::Undefined => None,
                MaybeUndefined::Null => Some(None),
                MaybeUndefined::Value(language) => Some(Some(language.into())),
            },
        };
        let password = self.current_password;
        Ok((change, password.map(|password| password.0.into())))
    }
}

/// An account that an administrator makes
#[derive(Object)]
pub(super) struct AccountCreate {
    #[oai(validator(max_length = 254))]
    email: poem_openapi::types::Email,
    role: RoleName,
    /// Left out: a mail lets the owner choose one
    #[oai(validator(min_length = 8, max_length = 128))]
    password: Option<poem_openapi::types::Password>,
    /// Administrators have no profile to hold a name
    #[oai(default, validator(max_length = 100))]
    first_name: String,
    #[oai(default, validator(max_length = 100))]
    last_name: String,
}

impl AccountCreate {
    /// With the password to hash: a random one that nobody learns, where none is
    /// given.
    pub(super) fn parse(self) -> Result<(MadeAccount, Password)> {
        let email = Email::parse(&self.email);
        let has_password = self.password.is_some();
        let text = match self.password {
            Some(password) => password.0,
            None => RefreshToken::generate().to_text(),
        };
        let password = Password::choose(&text, email.as_ref().ok());
        let (email, password) = match (email, password) {
            (Ok(email), Ok(password)) => (email, password),
            (email, password) => {
                let errors = email.err().into_iter().chain(password.err());
                return Err(Problem::invalid(errors.collect()));
            }
        };
        let made = MadeAccount {
            email,
            password_hash: String::new(),
            has_password,
            role: self.role.into(),
            first_name: self.first_name.trim().to_owned(),
            last_name: self.last_name.trim().to_owned(),
        };
        Ok((made, password))
    }
}

/// What is to change of an account
#[derive(Object)]
pub(super) struct AccountUpdate {
    /// `admin`, or the role of the account's own profile
    role: Option<RoleName>,
    /// Switching an account off ends its sessions
    is_active: Option<bool>,
    is_verified: Option<bool>,
}

impl From<AccountUpdate> for AccountChange {
    fn from(update: AccountUpdate) -> Self {
        Self {
            role: update.role.map(Into::into),
            is_active: update.is_active,
            is_verified: update.is_verified,
        }
    }
}
