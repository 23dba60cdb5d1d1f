//! Pages of long lists: signed cursors and page numbers.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::Sha256;
use uuid::Uuid;

/// Where a list begins.
#[derive(Clone, Debug, PartialEq)]
pub enum Start<C = TimeCursor> {
    /// Page numbers count from 1.
    Page(u32),
    /// After this row; `None` is the beginning.
    After(Option<C>),
}

/// What part of a list is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Paging<C = TimeCursor> {
    pub start: Start<C>,
    /// 1 to 100.
    pub size: u32,
}

impl<C> Paging<C> {
    /// Rows to skip; 0 for cursors.
    pub fn offset(&self) -> i64 {
        match self.start {
            Start::Page(page) => i64::from(page.saturating_sub(1)) * i64::from(self.size),
            Start::After(_) => 0,
        }
    }

    pub fn cursor(&self) -> Option<&C> {
        match &self.start {
            Start::After(cursor) => cursor.as_ref(),
            Start::Page(_) => None,
        }
    }

    /// One row more than the page, which tells whether there is a next one.
    pub fn limit(&self) -> i64 {
        i64::from(self.size) + 1
    }
}

/// A part of a list.
#[derive(Clone, Debug)]
pub struct Slice<T, C = TimeCursor> {
    pub rows: Vec<T>,
    /// The cursor of the next page, where there is one.
    pub next: Option<C>,
    /// All rows of the list; counted for page numbers only.
    pub total: Option<i64>,
}

impl<T, C> Slice<T, C> {
    /// Cuts `rows`, read with [`Paging::limit`], to the page.
    pub fn cut(
        mut rows: Vec<T>,
        size: u32,
        total: Option<i64>,
        cursor_of: impl Fn(&T) -> C,
    ) -> Self {
        let size = size as usize;
        let more = rows.len() > size;
        rows.truncate(size);
        let next = if more {
            rows.last().map(cursor_of)
        } else {
            None
        };
        Self { rows, next, total }
    }
}

/// The usual place in a list ordered by a time, newest first, then by id.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimeCursor {
    pub at: DateTime<Utc>,
    pub id: Uuid,
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the cursor is not one that this list gave out")]
pub struct InvalidCursor;

/// Signs cursors, so that a client can only send back what it was given.
#[derive(Clone)]
pub struct CursorKey(Hmac<Sha256>);

const SIGNATURE_BYTES: usize = 16;

impl CursorKey {
    /// Derives the key from the application's secret.
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    pub fn new(secret: &SecretString) -> Self {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes())
            .expect("a key of any length");
        mac.update(b"jobboard cursor\0");
        Self(mac)
    }

    /// `list` names the list and its filters: a cursor of one is refused by another.
    #[expect(clippy::expect_used, reason = "cursors are plain data")]
    pub fn encode<C: Serialize>(&self, list: &str, cursor: &C) -> String {
        let payload = serde_json::to_vec(cursor).expect("plain data serializes");
        let mut bytes = self.sign(list, &payload).to_vec();
        bytes.extend(payload);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    pub fn decode<C: DeserializeOwned>(&self, list: &str, text: &str) -> Result<C, InvalidCursor> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| InvalidCursor)?;
        let (signature, payload) = bytes
            .split_at_checked(SIGNATURE_BYTES)
            .ok_or(InvalidCursor)?;
        self.mac(list, payload)
            .verify_truncated_left(signature)
            .map_err(|_| InvalidCursor)?;
        serde_json::from_slice(payload).map_err(|_| InvalidCursor)
    }

    fn sign(&self, list: &str, payload: &[u8]) -> [u8; SIGNATURE_BYTES] {
        let full = self.mac(list, payload).finalize().into_bytes();
        let mut signature = [0; SIGNATURE_BYTES];
        signature.copy_from_slice(&full[..SIGNATURE_BYTES]);
        signature
    }

    fn mac(&self, list: &str, payload: &[u8]) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        mac.update(&(list.len() as u64).to_be_bytes());
        mac.update(list.as_bytes());
        mac.update(payload);
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(secret: &str) -> CursorKey {
        CursorKey::new(&SecretString::from(secret))
    }

    #[test]
    fn a_cursor_comes_back_as_it_was_given() {
        let cursor = TimeCursor {
            at: DateTime::from_timestamp(1, 5).unwrap(),
            id: Uuid::nil(),
        };
        let text = key("a").encode("jobs", &cursor);
        assert_eq!(key("a").decode("jobs", &text), Ok(cursor));
    }

    #[test]
    fn a_cursor_of_another_list_or_key_or_hand_is_refused() {
        let text = key("a").encode("jobs", &7_i32);
        assert_eq!(
            key("a").decode::<i32>("companies", &text),
            Err(InvalidCursor)
        );
        assert_eq!(key("b").decode::<i32>("jobs", &text), Err(InvalidCursor));
        assert_eq!(key("a").decode::<i32>("jobs", "AAAA"), Err(InvalidCursor));
        assert_eq!(key("a").decode::<i32>("jobs", "é"), Err(InvalidCursor));
        let mut forged = URL_SAFE_NO_PAD.decode(&text).unwrap();
        *forged.last_mut().unwrap() ^= 1;
        assert_eq!(
            key("a").decode::<i32>("jobs", &URL_SAFE_NO_PAD.encode(forged)),
            Err(InvalidCursor)
        );
    }
}
