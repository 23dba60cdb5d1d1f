//! Companies, matched by normalised name.
