//! Employers and companies that administrators have looked at.
//!
//! ```text
//! unverified ──ask──> pending ──verify──> verified
//!     ^  └─────────────verify───────────────^ │
//!     └──reject──────────┴──────reject────────┘
//! ```

pub mod db;
pub mod emails;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    Error, Result,
    employers::{Scope, VerificationStatus},
    mail::Template,
    notifications,
    rules::Rules,
};

/// The longest reason, in characters.
pub const MAX_REASON: usize = 2000;

/// Who or what is verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The id of an employer's profile.
    Employer(Uuid),
    Company(Uuid),
}

/// An employer as those see them who decide.
#[derive(Clone, Debug)]
pub struct EmployerCandidate {
    pub id: Uuid,
    pub user_id: Uuid,
    pub email: String,
    pub is_email_verified: bool,
    pub first_name: String,
    pub last_name: String,
    pub position_title: Option<String>,
    pub linkedin_url: Option<String>,
    pub primary_company: Option<String>,
    pub jobs_posted_count: i32,
    pub status: VerificationStatus,
    pub verified_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
}

/// A company as those see it who decide.
#[derive(Clone, Debug)]
pub struct CompanyCandidate {
    pub id: Uuid,
    /// Null: nobody has claimed it.
    pub employer_id: Option<Uuid>,
    pub name: String,
    pub slug: String,
    pub website: Option<String>,
    pub email: Option<String>,
    pub status: VerificationStatus,
    pub requested_at: Option<DateTime<Utc>>,
    pub verified_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
}

/// A move that was made.
#[derive(Clone, Debug)]
pub struct Change {
    pub id: Uuid,
    pub from_status: VerificationStatus,
    pub to_status: VerificationStatus,
    pub reason: Option<String>,
    pub changed_by: Option<Uuid>,
    pub changed_at: DateTime<Utc>,
}

/// Its owner asks for the verification.
pub async fn ask(conn: &mut PgConnection, subject: Subject, scope: Scope, by: Uuid) -> Result<()> {
    let to = VerificationStatus::Pending;
    go(conn, subject, scope, to, None, by).await?;
    Ok(())
}

/// An administrator has looked and agrees; the employer gets a mail. Belongs in a
/// transaction, as does [`reject`].
pub async fn verify(conn: &mut PgConnection, subject: Subject, admin: Uuid) -> Result<()> {
    let to = VerificationStatus::Verified;
    let change = go(conn, subject, Scope::Any, to, None, admin).await?;
    tell(conn, subject, change).await
}

/// An administrator refuses what was asked for, or takes it back; the employer
/// gets a mail with the reason.
pub async fn reject(
    conn: &mut PgConnection,
    subject: Subject,
    admin: Uuid,
    reason: &str,
) -> Result<()> {
    let mut rules = Rules::new();
    rules.required_text("reason", reason, MAX_REASON);
    rules.finish()?;
    let to = VerificationStatus::Unverified;
    let change = go(conn, subject, Scope::Any, to, Some(reason.trim()), admin).await?;
    tell(conn, subject, change).await
}

async fn go(
    conn: &mut PgConnection,
    subject: Subject,
    scope: Scope,
    to: VerificationStatus,
    reason: Option<&str>,
    by: Uuid,
) -> Result<Uuid> {
    let missing = match subject {
        Subject::Employer(_) => "employer",
        Subject::Company(_) => "company",
    };
    let from = db::lock(conn, subject, scope).await?;
    let from = from.ok_or(Error::NotFound(missing))?;
    check_move(from, to)?;
    db::set(conn, subject, to).await?;
    db::record(conn, subject, from, to, reason, by).await
}

async fn tell(conn: &mut PgConnection, subject: Subject, change: Uuid) -> Result<()> {
    // A company that nobody has claimed has nobody to tell.
    if let Some(user_id) = db::owner(conn, subject).await? {
        notifications::tell(conn, change, user_id, Template::VerificationDecided).await?;
    }
    Ok(())
}

/// Where one may go from here.
fn next(status: VerificationStatus) -> &'static [VerificationStatus] {
    use VerificationStatus::{Pending, Unverified, Verified};
    match status {
        Unverified => &[Pending, Verified],
        Pending => &[Verified, Unverified],
        Verified => &[Unverified],
    }
}

/// Refuses an illegal move with a conflict that names the legal ones.
fn check_move(from: VerificationStatus, to: VerificationStatus) -> Result<()> {
    if next(from).contains(&to) {
        return Ok(());
    }
    let legal: Vec<&str> = next(from).iter().map(|status| status.as_str()).collect();
    Err(Error::conflict(
        "illegal_transition",
        format!(
            "what is {} cannot become {}; it can become {} only",
            from.as_str(),
            to.as_str(),
            legal.join(" or ")
        ),
    ))
}
