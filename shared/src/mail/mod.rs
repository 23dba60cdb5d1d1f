//! Rendering and sending of email.
