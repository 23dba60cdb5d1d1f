//! Passwords, sessions, access and refresh tokens.
//!
//! A login opens a session. Its access tokens are short-lived JWTs that name the
//! session, and every request looks the session up, so that a logout, a revoked
//! session or a switched-off account acts at once. Its refresh token is random,
//! stored as a hash, and used once: a second use is theft and ends the session.
//!
//! Who has forgotten the password, or is to confirm an address, is mailed a token
//! ([`recovery`]).

pub mod db;
pub mod emails;
mod mailed_tokens;
mod page_tokens;
mod passwords;
pub mod recovery;
pub mod tasks;
mod tokens;

use uuid::Uuid;

use crate::users::Role;

pub use mailed_tokens::{MailedToken, MailedTokenKey, Occasion, Purpose};
pub use page_tokens::{PAGE_IDLE, PageSession, PageTokens};
pub use passwords::{Password, PasswordError, Passwords};
pub use tokens::{Claims, InvalidToken, RefreshToken, TokenSigner};

/// Who is asking, as the database knows them now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    pub user_id: Uuid,
    pub session_id: Uuid,
    pub role: Role,
    pub employer_profile_id: Option<Uuid>,
    pub freelancer_profile_id: Option<Uuid>,
}

/// An account at the door.
#[derive(Clone, Debug)]
pub struct Credentials {
    pub user_id: Uuid,
    pub role: Role,
    pub password_hash: String,
    pub is_active: bool,
}

/// A session whose refresh token was just exchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    pub id: Uuid,
    pub user_id: Uuid,
    pub role: Role,
}

/// What an offered refresh token turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exchange {
    Accepted(Session),
    /// Used before: the session is revoked now. Commit it.
    Reused(Uuid),
    /// Unknown, expired, or of a session that ended.
    Refused,
}
