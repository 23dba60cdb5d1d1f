//! Forms and query strings of pages.

use poem::Body;
use url::form_urlencoded;

use crate::{body, problem::Result};

const MAX_FORM_BYTES: usize = 10_000;

/// What a form or a query string says.
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    pub(super) async fn read(body: Body) -> Result<Self> {
        let bytes = body::read(body, MAX_FORM_BYTES).await?;
        Ok(Self::of(&bytes))
    }

    /// Of a form or a query string.
    pub(super) fn of(bytes: &[u8]) -> Self {
        Self(form_urlencoded::parse(bytes).into_owned().collect())
    }

    /// `None` where it is missing, empty, or holds what the database cannot.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.trim())
            .filter(|value| !value.is_empty() && !value.contains('\0'))
    }

    pub(super) fn owned(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    /// As it was typed: blanks may belong to a password. Empty where it is missing.
    pub(super) fn as_typed(&self, name: &str) -> &str {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map_or("", |(_, value)| value)
    }
}
