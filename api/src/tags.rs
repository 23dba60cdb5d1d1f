//! The chapters of the document.

use poem_openapi::Tags;

#[derive(Tags)]
pub(crate) enum Tag {
    /// Registration, login and sessions
    Auth,
    /// The signed-in account
    Users,
    /// Posting, reading and listing jobs
    Jobs,
    /// Finding jobs
    Search,
    /// Companies and their jobs
    Companies,
    /// The signed-in employer
    Employers,
    /// The signed-in job seeker
    Freelancers,
    /// What jobs ask for and job seekers can do
    Skills,
    /// Recommended, trending and similar jobs
    Recommendations,
    /// Applying for jobs, and what becomes of it
    Applications,
    /// Saved searches that tell of new jobs
    Alerts,
    /// Between the applicant and the employer of an application
    Messages,
    /// What the account is told where it is signed in, and live
    Notifications,
    /// Jobs and applications for other programs
    Exports,
    /// Settings, verification and figures of the board; for administrators
    Administration,
    /// Operating the background tasks; for administrators
    Tasks,
    /// Whether the parts of the service answer
    Health,
}
