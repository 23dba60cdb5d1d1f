//! Password rules and hashes (argon2id).

use std::{fmt, sync::Arc};

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use secrecy::{ExposeSecret, SecretString};
use tokio::{sync::Semaphore, task};

use crate::{FieldError, users::Email};

/// What a new password must be. No rules about the kinds of characters: length
/// is what counts, and a long sentence is fine.
const MIN_PASSWORD_CHARS: usize = 8;
const MAX_PASSWORD_CHARS: usize = 128;

/// A password that somebody may choose.
#[derive(Clone)]
pub struct Password(SecretString);

impl Password {
    /// Refuses what is too short or long and what anybody would try first: the
    /// account's own address.
    pub fn choose(text: &str, email: Option<&Email>) -> Result<Self, FieldError> {
        let refuse =
            |code: &'static str, message: String| Err(FieldError::new("password", code, message));
        let chars = text.chars().count();
        if chars < MIN_PASSWORD_CHARS {
            return refuse(
                "too_short",
                format!("must have at least {MIN_PASSWORD_CHARS} characters"),
            );
        }
        if chars > MAX_PASSWORD_CHARS {
            return refuse(
                "too_long",
                format!("must have at most {MAX_PASSWORD_CHARS} characters"),
            );
        }
        if let Some(email) = email {
            let lower = text.trim().to_lowercase();
            let local = email.as_str().split('@').next().unwrap_or_default();
            if lower == email.as_str() || lower == local {
                return refuse("too_guessable", "must not be the email address".to_owned());
            }
        }
        Ok(Self(SecretString::from(text)))
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    #[error("hashing failed: {0}")]
    Hash(argon2::password_hash::Error),
    #[error("the hashing thread was lost: {0}")]
    Thread(#[from] task::JoinError),
    #[error("password hashing has been shut down")]
    Closed,
}

/// Hashes and verifies off the async threads, a few at a time: each one takes
/// 19 MiB and some tens of milliseconds of a core.
#[derive(Clone)]
pub struct Passwords {
    slots: Arc<Semaphore>,
    /// Verified against where there is no account, so that the answer takes
    /// the same time.
    decoy: Arc<str>,
}

impl Passwords {
    /// `at_once`: how many are worked on at the same time; others wait.
    pub fn new(at_once: usize) -> Self {
        Self {
            slots: Arc::new(Semaphore::new(at_once.max(1))),
            decoy: hash_now(DECOY_PASSWORD).unwrap_or_default().into(),
        }
    }

    /// A PHC string.
    pub async fn hash(&self, password: &Password) -> Result<String, PasswordError> {
        let password = password.0.clone();
        self.run(move || hash_now(password.expose_secret()))
            .await?
            .map_err(PasswordError::Hash)
    }

    /// Whether `password` is the one of `hash`. Without a hash it works as long
    /// and says no.
    pub async fn verify(
        &self,
        password: &SecretString,
        hash: Option<&str>,
    ) -> Result<bool, PasswordError> {
        let known = hash.is_some();
        let hash: Arc<str> = hash.map_or_else(|| self.decoy.clone(), Arc::from);
        let password = password.clone();
        let fits = self
            .run(move || {
                PasswordHash::new(&hash).is_ok_and(|hash| {
                    Argon2::default()
                        .verify_password(password.expose_secret().as_bytes(), &hash)
                        .is_ok()
                })
            })
            .await?;
        Ok(fits && known)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PasswordError> {
        let slot = self
            .slots
            .clone()
            .acquire_owned()
            .await
            .map_err(|_| PasswordError::Closed)?;
        // The slot goes with the work: a caller that gives up must not let a
        // further one start before this one is done.
        Ok(task::spawn_blocking(move || {
            let _slot = slot;
            work()
        })
        .await?)
    }
}

const DECOY_PASSWORD: &str = "the password of nobody at all";

fn hash_now(password: &str) -> Result<String, argon2::password_hash::Error> {
    Ok(Argon2::default()
        .hash_password(password.as_bytes())?
        .to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_hash_is_argon2id_and_verifies_its_password_alone() {
        let passwords = Passwords::new(1);
        let password = Password::choose("correct horse battery", None).unwrap();
        let hash = passwords.hash(&password).await.unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        let right = SecretString::from("correct horse battery");
        let wrong = SecretString::from("correct horse batterz");
        assert!(passwords.verify(&right, Some(&hash)).await.unwrap());
        assert!(!passwords.verify(&wrong, Some(&hash)).await.unwrap());
        assert!(!passwords.verify(&right, Some("not a hash")).await.unwrap());
    }

    #[tokio::test]
    async fn nobody_has_the_decoy_as_password() {
        let passwords = Passwords::new(1);
        let decoy = SecretString::from(DECOY_PASSWORD);
        assert!(!passwords.verify(&decoy, None).await.unwrap());
    }

    #[test]
    fn the_rules_are_length_and_not_the_own_address() {
        let email = Email::parse("ada.lovelace@example.com").unwrap();
        let code = |text: &str| Password::choose(text, Some(&email)).unwrap_err().code;
        assert_eq!(code("1234567"), "too_short");
        assert_eq!(code(&"x".repeat(129)), "too_long");
        assert_eq!(code("Ada.Lovelace@example.com"), "too_guessable");
        assert_eq!(code("ada.lovelace"), "too_guessable");
        assert!(Password::choose("ééééééé!", Some(&email)).is_ok());
        assert!(Password::choose(&"x".repeat(128), Some(&email)).is_ok());
    }
}
