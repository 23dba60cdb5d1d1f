//! Which handler runs which kind of task.

use crate::runtime::Registry;

/// Every kind of task. One line each: `.on::<RefreshJobs>(search::refresh_jobs)`.
pub fn registry() -> Registry {
    Registry::default()
}
