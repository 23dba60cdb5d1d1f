//! What null means in a change: it clears what may be empty and is refused
//! elsewhere. What is left out stays.

use jobboard_shared::{Error, FieldError, Result};
use poem_openapi::types::MaybeUndefined;

/// Collects the nulls that are refused.
#[derive(Default)]
pub(crate) struct Nulls(Vec<FieldError>);

impl Nulls {
    /// The value of a field that cannot be without one.
    pub(crate) fn refuse<T>(&mut self, field: &str, value: MaybeUndefined<T>) -> Option<T> {
        match value {
            MaybeUndefined::Undefined => None,
            MaybeUndefined::Value(value) => Some(value),
            MaybeUndefined::Null => {
                self.0
                    .push(FieldError::new(field, "required", "must not be null"));
                None
            }
        }
    }

    pub(crate) fn finish(self) -> Result<()> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Error::Invalid(self.0))
        }
    }
}

/// Null empties a text or a list.
pub(crate) fn emptied<T: Default>(value: MaybeUndefined<T>) -> Option<T> {
    Option::<Option<T>>::from(value).map(Option::unwrap_or_default)
}
