//! What administrators alone do, apart from operating tasks.

mod settings;
