//! Recommended jobs per user.
