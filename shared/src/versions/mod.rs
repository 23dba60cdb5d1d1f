//! Which version of a thing is the present one, so that an edit of an older one can
//! be refused.
//!
//! The version is the time of the last edit, which the schema's triggers keep and
//! answers show as `updated_at`. Counters that move are no edits.

pub mod db;

/// Things that can be edited against a version. What follows the name is what names
/// one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Versioned {
    Account,
    /// The account and the alert.
    Alert,
    Application,
    Category,
    Certification,
    Company,
    /// The company and the account.
    CompanyMember,
    Education,
    EmployerProfile,
    FreelancerProfile,
    /// With its questions.
    Job,
    Portfolio,
    /// The account and the job.
    SavedJob,
    Skill,
    /// The freelancer's profile and the skill.
    UserSkill,
    WorkExperience,
}
