//! Accounts: one's own, and all of them for administrators.

mod administration;
mod profile;
