//! Accounts and their roles.
