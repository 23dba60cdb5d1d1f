//! Job postings and their life cycle.
