//! What the system promises, driven over real HTTP on a real Postgres.

mod all_in_one;
mod auth;
mod conventions;
mod imports;
mod queue;
mod real_data;
mod sample_data;
mod schema;
mod support;
