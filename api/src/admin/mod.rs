//! For administrators alone.

pub(crate) mod settings;
pub(crate) mod tasks;
