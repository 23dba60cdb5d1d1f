//! Passwords, sessions, access and refresh tokens.
