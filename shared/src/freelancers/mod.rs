//! Profiles of job seekers with skills and history.
