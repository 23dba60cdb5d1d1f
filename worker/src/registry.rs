//! Which handler runs which kind of task.

use jobboard_shared::notifications::tasks::SendEmail;

use crate::{mail, runtime::Registry};

/// Every kind of task. One line each: `.on::<RefreshJobs>(search::refresh_jobs)`.
pub fn registry() -> Registry {
    Registry::default().on::<SendEmail>(mail::send)
}
