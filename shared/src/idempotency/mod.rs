//! One effect for any number of equal requests.
//!
//! A request with a key claims it, is carried out, and its answer is stored; equal
//! requests get that answer. What a server leaves behind that dies meanwhile:
//!
//! - before its transaction is committed: a claim that runs out. The next attempt
//!   takes it over, and fences the first one off, should it still live.
//! - between that commit and storing the answer: the commit itself has marked the
//!   claim, so that no attempt repeats the change. It is told that the answer is
//!   lost.

pub mod db;
pub mod tasks;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// How long an attempt may take before another takes over.
pub const HELD_FOR: Duration = Duration::from_secs(120);
/// How long answers are kept.
pub const KEPT_FOR: Duration = Duration::from_secs(24 * 3600);
/// Larger answers are not stored: to a retry they are lost.
pub const MAX_BODY_BYTES: usize = 256 * 1024;

/// A key of an account.
#[derive(Clone, Debug)]
pub struct Key {
    pub owner_id: Uuid,
    pub hash: [u8; 32],
}

impl Key {
    /// `text` as the client sent it.
    pub fn new(owner_id: Uuid, text: &str) -> Self {
        Self {
            owner_id,
            hash: Sha256::digest(text).into(),
        }
    }
}

/// The attempt of one request at a key.
#[derive(Clone, Debug)]
pub struct Claim {
    pub key: Key,
    pub attempt: Uuid,
}

/// An answer as it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<Header>,
    pub body: Vec<u8>,
}

/// Name and value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header(pub String, pub String);

/// What is known of a key.
#[derive(Debug)]
pub enum Found {
    /// Nothing: the caller has it now.
    Claimed(Claim),
    /// Another request is being carried out under it.
    Running,
    Answered(Answer),
    /// Carried out, and the answer is lost.
    AnswerLost,
    /// Used for a request that was not the same.
    Different,
}
