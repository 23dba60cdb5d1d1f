//! Profiles of those who post jobs.
