//! The rows, by the chapter of the document.

mod accounts;
mod administration;
mod alerts;
mod applications;
mod companies;
mod employers;
mod exports;
mod freelancers;
mod health;
mod jobs;
mod messages;
mod notifications;
mod saved_jobs;
mod tasks;

use super::Row;

pub(super) fn all() -> Vec<Row> {
    [
        accounts::rows(),
        administration::rows(),
        alerts::rows(),
        applications::rows(),
        companies::rows(),
        employers::rows(),
        exports::rows(),
        freelancers::rows(),
        health::rows(),
        jobs::rows(),
        messages::rows(),
        notifications::rows(),
        saved_jobs::rows(),
        tasks::rows(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
