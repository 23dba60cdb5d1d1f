//! The category tree.
