//! What opens a live connection in place of an access token, which has no place in
//! an address.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// 256 random bits that are good once, for seconds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Ticket([u8; 32]);

impl Ticket {
    pub fn generate() -> Self {
        Self(rand::random())
    }

    /// `None`: not of the form of a ticket.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        Some(Self(bytes.try_into().ok()?))
    }

    pub fn to_text(self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// For the database. Nobody can guess 256 bits back from a plain hash.
    pub(super) fn hash(self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ticket(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_comes_back_as_it_was_given() {
        let ticket = Ticket::generate();
        assert_eq!(Ticket::parse(&ticket.to_text()), Some(ticket));
        assert_ne!(ticket, Ticket::generate());
        for text in ["", "abc", "é", &"A".repeat(44)] {
            assert_eq!(Ticket::parse(text), None, "{text}");
        }
        assert_eq!(format!("{ticket:?}"), "Ticket(…)");
    }
}
