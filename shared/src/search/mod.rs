//! The search read model and its queries.
