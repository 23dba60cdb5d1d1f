//! Tokens that go out by mail and come back once.

use std::{fmt, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::mail::Template;

/// What a mailed token is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "mailed_token_purpose", rename_all = "snake_case")]
pub enum Purpose {
    PasswordReset,
    EmailVerification,
}

/// The occasions on which a token is mailed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// Somebody has forgotten the password of the account.
    PasswordReset,
    /// An administrator has made the account; its owner chooses the password.
    AccountCreated,
    /// The account has an address that nobody has confirmed.
    EmailVerification,
}

impl Occasion {
    pub(crate) fn purpose(self) -> Purpose {
        match self {
            Self::PasswordReset | Self::AccountCreated => Purpose::PasswordReset,
            Self::EmailVerification => Purpose::EmailVerification,
        }
    }

    pub(crate) fn template(self) -> Template {
        match self {
            Self::PasswordReset => Template::PasswordReset,
            Self::AccountCreated => Template::AccountCreated,
            Self::EmailVerification => Template::EmailVerification,
        }
    }

    pub(crate) fn lifetime(self) -> Duration {
        const HOUR: Duration = Duration::from_secs(3600);
        match self {
            Self::PasswordReset => HOUR,
            Self::AccountCreated | Self::EmailVerification => HOUR * 72,
        }
    }
}

/// Makes mailed tokens. A token follows from its row's id, so that the row keeps
/// a hash alone and a mail that is sent again says the same.
#[derive(Clone)]
pub struct MailedTokenKey(Hmac<Sha256>);

impl MailedTokenKey {
    /// Derives the key from the application's secret.
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    pub fn new(secret: &SecretString) -> Self {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes())
            .expect("a key of any length");
        mac.update(b"jobboard mailed token\0");
        Self(mac)
    }

    pub fn token(&self, id: Uuid) -> MailedToken {
        let mut mac = self.0.clone();
        mac.update(id.as_bytes());
        MailedToken(mac.finalize().into_bytes().into())
    }
}

/// 256 bits that only the reader of a mail knows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct MailedToken([u8; 32]);

impl MailedToken {
    /// `None`: not of the form of a token.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        Some(Self(bytes.try_into().ok()?))
    }

    /// For the mail.
    pub fn to_text(self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// For the database. Nobody can guess 256 bits back from a plain hash.
    pub fn hash(self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }
}

impl fmt::Debug for MailedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MailedToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_follows_from_its_row_and_the_secret_alone() {
        let key = |secret: &str| MailedTokenKey::new(&SecretString::from(secret));
        let token = key("a").token(Uuid::from_u128(1));
        assert_eq!(MailedToken::parse(&token.to_text()), Some(token));
        assert_eq!(token, key("a").token(Uuid::from_u128(1)));
        assert_ne!(token, key("a").token(Uuid::from_u128(2)));
        assert_ne!(token, key("b").token(Uuid::from_u128(1)));
        for text in ["", "abc", "é", &"A".repeat(44)] {
            assert_eq!(MailedToken::parse(text), None, "{text}");
        }
        assert_eq!(format!("{token:?}"), "MailedToken(…)");
    }
}
