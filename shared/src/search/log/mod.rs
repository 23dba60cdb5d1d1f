//! What was searched for, without who did.
//!
//! Searches are counted in memory and written together, by day: nothing is kept of a
//! single search. A process that dies loses the last half second.

mod recorder;
pub mod report;

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
use uuid::Uuid;

pub use recorder::Recorder;
pub(super) use recorder::Waiting;

use super::vocabulary::beginning_of;

/// Longer texts are no searches that others make too.
const MAX_CHARS: usize = 100;
const MAX_FILTERS: usize = 20;

/// A search of the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// The same for the same words and filters, in every process.
    pub id: Uuid,
    /// Lower case, without accents and most signs.
    pub words: String,
    pub filters: BTreeMap<String, Vec<String>>,
    /// What the client reads.
    pub language: Option<String>,
}

impl Asked {
    /// None for what is not to be written down: no words, too many, or what may be
    /// somebody's address or number.
    pub fn of(
        text: &str,
        filters: impl IntoIterator<Item = (String, String)>,
        language: Option<&str>,
    ) -> Option<Self> {
        if text.chars().count() > MAX_CHARS || is_personal(text) {
            return None;
        }
        let words = beginning_of(text);
        if words.is_empty() {
            return None;
        }
        let mut kept: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in filters {
            if kept.len() < MAX_FILTERS
                && value.chars().count() <= MAX_CHARS
                && !is_personal(&value)
            {
                kept.entry(name).or_default().push(value.to_lowercase());
            }
        }
        for values in kept.values_mut() {
            values.sort();
            values.dedup();
        }
        Some(Self {
            id: id(&words, &kept),
            words,
            filters: kept,
            language: language.and_then(primary),
        })
    }
}

fn id(words: &str, filters: &BTreeMap<String, Vec<String>>) -> Uuid {
    let mut hash = Sha256::new();
    hash.update(words);
    for (name, values) in filters {
        hash.update([0]);
        hash.update(name);
        for value in values {
            hash.update([1]);
            hash.update(value);
        }
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// `de` of `de-AT,de;q=0.9`.
fn primary(accepted: &str) -> Option<String> {
    let first = accepted.split([',', ';', '-']).next()?.trim();
    let fits = (2..=3).contains(&first.len()) && first.chars().all(|c| c.is_ascii_alphabetic());
    fits.then(|| first.to_lowercase())
}

/// Whether it may be an email address, a web address, or a number of seven digits
/// and more, as those of telephones, accounts and documents.
fn is_personal(text: &str) -> bool {
    if text.contains('@') || text.contains("://") {
        return true;
    }
    let mut digits = 0;
    for c in text.chars() {
        if c.is_numeric() {
            digits += 1;
        } else if c.is_alphabetic() {
            digits = 0;
        }
        if digits >= 7 {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(text: &str, filters: &[(&str, &str)]) -> Option<Asked> {
        let filters = filters
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Asked::of(text, filters, Some("de-AT,de;q=0.9"))
    }

    #[test]
    fn one_search_has_one_id() {
        let one = asked("Java  Developer", &[("location", "Berlin"), ("page", "x")]).unwrap();
        let same = asked("java developer", &[("page", "x"), ("location", "berlin")]).unwrap();
        assert_eq!(one, same);
        assert_eq!(one.words, "java developer");
        assert_eq!(one.language.as_deref(), Some("de"));
        assert_ne!(one.id, asked("java developer", &[]).unwrap().id);
        assert_ne!(one.id, asked("java", &[("location", "berlin")]).unwrap().id);
    }

    #[test]
    fn what_may_be_personal_is_not_written_down() {
        for text in [
            "jo@example.invalid",
            "jo @ example",
            "+49 (170) 123-4567",
            "call 555 0100 99",
            "https://example.invalid/jo",
            "123456789",
            "",
            "?!",
            &"word ".repeat(30),
        ] {
            assert_eq!(asked(text, &[]), None, "{text}");
        }
        for text in ["c++", "java 17", "iso 9001 2015 auditor"] {
            assert_eq!(
                asked(text, &[]).is_some(),
                text != "iso 9001 2015 auditor",
                "{text}"
            );
        }
        let filters = asked("nurse", &[("location", "jo@example.invalid")])
            .unwrap()
            .filters;
        assert!(filters.is_empty());
    }
}
