//! For administrators alone.

pub(crate) mod tasks;
