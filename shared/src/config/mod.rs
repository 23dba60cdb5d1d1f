//! Configuration from the environment and an optional file.
