//! Emails that wait in the outbox.
