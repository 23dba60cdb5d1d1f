//! For administrators alone.

pub(crate) mod categories;
pub(crate) mod settings;
pub(crate) mod skills;
pub(crate) mod tasks;
