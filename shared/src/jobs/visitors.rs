//! Telling visitors without an account apart without keeping who they are.

use std::net::IpAddr;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

const HASH_BYTES: usize = 16;

/// Hashes addresses under a key of the day: hashes of two days cannot be compared.
#[derive(Clone)]
pub struct VisitorKey(Hmac<Sha256>);

/// What stands for an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressHashes {
    /// Under the key of the day.
    pub today: [u8; HASH_BYTES],
    /// Under the key of half an hour ago, which may be another day's.
    pub before: [u8; HASH_BYTES],
}

impl VisitorKey {
    /// Derives the key from the application's secret.
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    pub fn new(secret: &SecretString) -> Self {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes())
            .expect("a key of any length");
        mac.update(b"jobboard visitor\0");
        Self(mac)
    }

    pub fn hashes(&self, address: IpAddr, now: DateTime<Utc>) -> AddressHashes {
        AddressHashes {
            today: self.hash(address, now.date_naive()),
            before: self.hash(address, (now - TimeDelta::minutes(30)).date_naive()),
        }
    }

    fn hash(&self, address: IpAddr, day: NaiveDate) -> [u8; HASH_BYTES] {
        let mut mac = self.0.clone();
        mac.update(day.to_string().as_bytes());
        match address {
            IpAddr::V4(address) => mac.update(&address.octets()),
            IpAddr::V6(address) => mac.update(&address.octets()),
        }
        let full = mac.finalize().into_bytes();
        let mut hash = [0; HASH_BYTES];
        hash.copy_from_slice(&full[..HASH_BYTES]);
        hash
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_lasts_a_day_and_is_found_again_for_half_an_hour() {
        let key = VisitorKey::new(&SecretString::from("secret"));
        let address: IpAddr = "192.0.2.1".parse().unwrap();
        let at = |text: &str| key.hashes(address, text.parse().unwrap());
        let evening = at("2026-01-01T23:50:00Z");
        assert_eq!(evening, at("2026-01-01T00:40:00Z"));
        let night = at("2026-01-02T00:10:00Z");
        assert_ne!(night.today, evening.today);
        assert_eq!(night.before, evening.today);
        assert_ne!(at("2026-01-02T00:40:00Z").before, evening.today);
        let other = key.hashes(
            "192.0.2.2".parse().unwrap(),
            "2026-01-01T12:00:00Z".parse().unwrap(),
        );
        assert_ne!(other.today, evening.today);
    }
}
