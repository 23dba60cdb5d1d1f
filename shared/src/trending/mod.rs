//! Decaying scores of what is looked at and applied to.
