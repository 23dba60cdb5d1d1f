//! `TestApp` and what tests say with it.

mod app;
mod client;
mod database;
mod emails;
mod process;
mod smtp;

pub use app::{PASSWORD, TestApp};
pub use client::{Client, Response};
pub use database::TestDatabase;
pub use emails::Email;
pub use process::WorkerProcess;
pub use smtp::{SmtpServer, Verdict};
