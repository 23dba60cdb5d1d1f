//! What the system promises, driven over real HTTP on a real Postgres.

mod queue;
mod schema;
mod support;
