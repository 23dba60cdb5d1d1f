//! What the system promises, driven over real HTTP on a real Postgres.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod admin;
mod alerts;
mod all_in_one;
mod applications;
mod auth;
mod cached;
mod companies;
mod conventions;
mod emails;
mod employers;
mod endpoints;
mod exports;
mod faults;
mod freelancers;
mod imports;
mod jobs;
mod live;
mod messages;
mod metrics;
mod migrations;
mod notifications;
mod openapi;
mod operating;
mod pages;
mod places;
mod queue;
mod real_data;
mod recommendations;
mod roles;
mod sample_data;
mod saved_jobs;
mod schema;
mod search;
mod skills;
mod spec_examples;
mod summaries;
mod support;
mod trending;
mod users;
mod warnings;
