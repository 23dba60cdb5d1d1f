//! The chapters of the document.

use poem_openapi::Tags;

#[derive(Tags)]
pub(crate) enum Tag {
    /// Registration, login and sessions
    Auth,
    /// The signed-in account
    Users,
    /// Whether the parts of the service answer
    Health,
}
