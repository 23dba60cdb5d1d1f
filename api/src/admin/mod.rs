//! For administrators alone.

pub(crate) mod categories;
pub(crate) mod recommendations;
pub(crate) mod searches;
pub(crate) mod settings;
pub(crate) mod skills;
pub(crate) mod synonyms;
pub(crate) mod tasks;
