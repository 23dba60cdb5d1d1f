//! News for connected clients.
//!
//! What is new stands in the tables: an account's numbered notifications, its
//! session, its running imports. That there is something new is told by hints, which
//! may be lost, doubled or early; docs/NOTIFICATIONS.md says what follows from that.

pub mod db;
pub mod hints;
mod ticket;

use chrono::{DateTime, Utc};
use uuid::Uuid;

pub use ticket::Ticket;

use crate::imports::ImportStatus;

/// Where an account stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Whether the session lives and the account is switched on.
    pub is_alive: bool,
    /// The number of the newest notification that there ever was; 0 before the first.
    pub last_number: i64,
}

/// How far an import is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportProgress {
    pub id: Uuid,
    pub status: ImportStatus,
    pub rows_done: i32,
    pub failed_count: i32,
    /// Of the file, and how much of it is done.
    pub file_bytes: i64,
    pub bytes_done: i64,
    pub created_at: DateTime<Utc>,
}
