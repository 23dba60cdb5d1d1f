//! Requests and responses of signing in.

use jobboard_shared::{
    Error,
    auth::Password,
    mail::Language,
    users::{AccountType, Email, NewAccount},
};
use poem_openapi::{Enum, Object};
use secrecy::SecretString;

use crate::{
    problem::Result,
    users::{LanguageName, UserProfile},
};

/// What a new account is for.
#[derive(Clone, Copy, Debug, Enum)]
#[oai(rename_all = "snake_case", remote = "AccountType")]
pub(super) enum RegisterRole {
    Employer,
    Freelancer,
}

#[derive(Object)]
pub(super) struct Register {
    #[oai(validator(max_length = 254))]
    email: poem_openapi::types::Email,
    /// Any characters; not the email address.
    #[oai(validator(min_length = 8, max_length = 128))]
    password: poem_openapi::types::Password,
    role: RegisterRole,
    #[oai(default, validator(max_length = 100))]
    first_name: String,
    #[oai(default, validator(max_length = 100))]
    last_name: String,
    /// What mails are written in; left out: what `Accept-Language` likes best
    language: Option<LanguageName>,
}

/// A registration that lacks only the password's hash.
pub(super) struct Registration {
    email: Email,
    account_type: AccountType,
    first_name: String,
    last_name: String,
    language: Option<Language>,
}

impl Register {
    pub(super) fn parse(self) -> Result<(Registration, Password)> {
        let email = Email::parse(&self.email);
        let password = Password::choose(&self.password, email.as_ref().ok());
        match (email, password) {
            (Ok(email), Ok(password)) => Ok((
                Registration {
                    email,
                    account_type: self.role.into(),
                    first_name: self.first_name.trim().to_owned(),
                    last_name: self.last_name.trim().to_owned(),
                    language: self.language.map(Into::into),
                },
                password,
            )),
            (email, password) => {
                let errors = email.err().into_iter().chain(password.err());
                Err(Error::Invalid(errors.collect()).into())
            }
        }
    }
}

impl Registration {
    /// `accepted` is the header `Accept-Language`.
    pub(super) fn with_hash(self, password_hash: String, accepted: Option<&str>) -> NewAccount {
        NewAccount {
            email: self.email,
            password_hash,
            account_type: self.account_type,
            first_name: self.first_name,
            last_name: self.last_name,
            language: self
                .language
                .or_else(|| accepted.and_then(Language::preferred)),
        }
    }
}

#[derive(Object)]
pub(super) struct Login {
    #[oai(validator(max_length = 254))]
    email: String,
    #[oai(validator(max_length = 128))]
    password: poem_openapi::types::Password,
}

impl Login {
    /// What is no address belongs to no account.
    pub(super) fn parse(self) -> (Option<Email>, SecretString) {
        (
            Email::parse(&self.email).ok(),
            SecretString::from(self.password.0),
        )
    }
}

#[derive(Object)]
pub(super) struct Refresh {
    #[oai(validator(max_length = 100))]
    pub(super) refresh: String,
}

/// Tokens of one session.
#[derive(Object)]
pub(super) struct TokenPair {
    /// Goes into `Authorization: Bearer ...`.
    pub(super) access: String,
    /// Gets new tokens at `/api/auth/refresh/`, once.
    pub(super) refresh: String,
    pub(super) token_type: String,
    /// Seconds that the access token lives.
    pub(super) expires_in: u64,
}

/// A new account, signed in.
#[derive(Object)]
pub(super) struct Registered {
    pub(super) user: UserProfile,
    pub(super) tokens: TokenPair,
}
