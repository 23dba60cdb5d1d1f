//! The all-in-one job board: what its binary, its tests and its measurements share.

pub mod postgres;
pub mod sample_data;
