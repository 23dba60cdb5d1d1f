//! What the system promises, driven over real HTTP on a real Postgres.

mod schema;
mod support;
