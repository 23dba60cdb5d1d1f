//! Which handler runs which kind of task.

use jobboard_shared::{
    notifications::tasks::SendEmail,
    search::tasks::{RefreshJobs, RefreshScope, RemoveExpired},
};

use crate::{mail, runtime::Registry, search};

/// Every kind of task. One line each: `.on::<RefreshJobs>(search::refresh_jobs)`.
pub fn registry() -> Registry {
    Registry::default()
        .on::<SendEmail>(mail::send)
        .on::<RefreshJobs>(search::refresh_jobs)
        .on::<RefreshScope>(search::refresh_scope)
        .on::<RemoveExpired>(search::remove_expired)
}
