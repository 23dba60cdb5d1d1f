//! Applications and their status workflow.
