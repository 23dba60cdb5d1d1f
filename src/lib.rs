//! The all-in-one job board: what its binary and its tests share.

pub mod sample_data;
