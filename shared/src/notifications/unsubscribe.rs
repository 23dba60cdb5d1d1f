//! Links in mails that end mails of their type, or one alert, without signing in.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use url::Url;
use uuid::Uuid;

use super::NotificationType;

/// What a link stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Mails of a type to an account.
    Mails(Uuid, NotificationType),
    /// A job alert.
    Alert(Uuid),
}

const PAYLOAD_BYTES: usize = 16 + 1;
const MAC_BYTES: usize = 16;

/// Signs what a link ends. The links do not expire: people look
/// into old mails to be rid of new ones.
#[derive(Clone)]
pub struct UnsubscribeKey(Hmac<Sha256>);

impl UnsubscribeKey {
    /// Derives the key from the application's secret.
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    pub fn new(secret: &SecretString) -> Self {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes())
            .expect("a key of any length");
        mac.update(b"jobboard unsubscribe\0");
        Self(mac)
    }

    pub fn token(&self, stop: Stop) -> String {
        let (id, number) = match stop {
            Stop::Mails(user_id, notification_type) => (user_id, number(notification_type)),
            Stop::Alert(alert_id) => (alert_id, ALERT),
        };
        let mut bytes = Vec::with_capacity(PAYLOAD_BYTES + MAC_BYTES);
        bytes.extend(id.as_bytes());
        bytes.push(number);
        let mac = self.mac(&bytes).finalize().into_bytes();
        bytes.extend(&mac[..MAC_BYTES]);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// `None`: not one of ours.
    pub fn verify(&self, token: &str) -> Option<Stop> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (payload, mac) = bytes.split_at_checked(PAYLOAD_BYTES)?;
        if mac.len() != MAC_BYTES {
            return None;
        }
        self.mac(payload).verify_truncated_left(mac).ok()?;
        let (id, kind) = payload.split_at(16);
        let id = Uuid::from_slice(id).ok()?;
        if kind == [ALERT] {
            return Some(Stop::Alert(id));
        }
        NotificationType::ALL
            .into_iter()
            .find(|known| [number(*known)] == *kind)
            .map(|notification_type| Stop::Mails(id, notification_type))
    }

    /// Where the link of a mail leads.
    pub fn url(&self, site: &Url, stop: Stop) -> String {
        format!(
            "{}/unsubscribe/?token={}",
            site.as_str().trim_end_matches('/'),
            self.token(stop)
        )
    }

    fn mac(&self, payload: &[u8]) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        mac.update(payload);
        mac
    }
}

/// These stand in links for ever.
const ALERT: u8 = 100;

const fn number(notification_type: NotificationType) -> u8 {
    match notification_type {
        NotificationType::ApplicationStatus => 1,
        NotificationType::JobMatch => 2,
        NotificationType::Message => 3,
        NotificationType::System => 4,
        NotificationType::Summary => 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_stops_one_thing_alone() {
        let key = |secret: &str| UnsubscribeKey::new(&SecretString::from(secret));
        let id = Uuid::from_u128(7);
        let mails = NotificationType::ALL.map(|kind| Stop::Mails(id, kind));
        for stop in mails.into_iter().chain([Stop::Alert(id)]) {
            let token = key("a").token(stop);
            assert_eq!(key("a").verify(&token), Some(stop));
            assert_eq!(key("b").verify(&token), None);
            for place in [0, 15, 16, 17, 32] {
                let mut forged = URL_SAFE_NO_PAD.decode(&token).unwrap();
                forged[place] ^= 1;
                let forged = URL_SAFE_NO_PAD.encode(forged);
                assert_eq!(key("a").verify(&forged), None, "{place}");
            }
            for text in ["", "AAAA", "\u{e9}", &token[..30], &format!("{token}AA")] {
                assert_eq!(key("a").verify(text), None, "{text}");
            }
        }
    }
}
