//! Which version of a thing is the present one, so that an edit of an older one can
//! be refused.
//!
//! The version is the time of the last edit, which the schema's triggers keep and
//! answers show as `updated_at`. Counters that move are no edits.

pub mod db;

/// Things that can be edited against a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Versioned {
    Account,
    Application,
    Company,
    EmployerProfile,
    FreelancerProfile,
    Job,
}
