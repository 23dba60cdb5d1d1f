//! What a browser holds of a session on the pages for administrators.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use uuid::Uuid;

/// How long a browser may do nothing before it has to sign in again.
pub const PAGE_IDLE: TimeDelta = TimeDelta::hours(1);

const MAC_BYTES: usize = 32;
const PAYLOAD_BYTES: usize = 16 + 16 + 8;

/// A session in a browser. That the session still lives and its account is an
/// administrator's is for the database to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageSession {
    pub user_id: Uuid,
    pub session_id: Uuid,
    /// When this token was made, to the second.
    pub since: DateTime<Utc>,
}

/// Signs sessions for cookies and, from them, what forms must carry.
#[derive(Clone)]
pub struct PageTokens(Hmac<Sha256>);

impl PageTokens {
    /// Derives its key from the application's secret: an access token is not a
    /// cookie, and the other way round.
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    pub fn new(secret: &SecretString) -> Self {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes())
            .expect("a key of any length");
        mac.update(b"jobboard page session\0");
        Self(mac)
    }

    pub fn sign(&self, user_id: Uuid, session_id: Uuid, now: DateTime<Utc>) -> String {
        let mut payload = Vec::with_capacity(PAYLOAD_BYTES + MAC_BYTES);
        payload.extend(user_id.as_bytes());
        payload.extend(session_id.as_bytes());
        payload.extend(now.timestamp().to_be_bytes());
        let mac = self.mac(b"cookie\0", &payload).finalize().into_bytes();
        payload.extend(mac);
        URL_SAFE_NO_PAD.encode(payload)
    }

    /// `None`: not one of ours, or older than [`PAGE_IDLE`].
    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Option<PageSession> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (payload, mac) = bytes.split_at_checked(PAYLOAD_BYTES)?;
        self.mac(b"cookie\0", payload).verify_slice(mac).ok()?;
        let since = i64::from_be_bytes(payload[32..].try_into().ok()?);
        let session = PageSession {
            user_id: Uuid::from_slice(&payload[..16]).ok()?,
            session_id: Uuid::from_slice(&payload[16..32]).ok()?,
            since: DateTime::from_timestamp(since, 0)?,
        };
        (now - session.since < PAGE_IDLE).then_some(session)
    }

    /// What every form of the session carries, so that no page of elsewhere can
    /// send one.
    pub fn form_token(&self, session_id: Uuid) -> String {
        let mac = self.mac(b"form\0", session_id.as_bytes());
        URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
    }

    pub fn is_form_token(&self, session_id: Uuid, text: &str) -> bool {
        URL_SAFE_NO_PAD.decode(text).is_ok_and(|mac| {
            let expected = self.mac(b"form\0", session_id.as_bytes());
            expected.verify_slice(&mac).is_ok()
        })
    }

    fn mac(&self, purpose: &[u8], payload: &[u8]) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        mac.update(purpose);
        mac.update(payload);
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(secret: &str) -> PageTokens {
        PageTokens::new(&SecretString::from(secret))
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn a_session_comes_back_until_it_was_idle_too_long() {
        let (user_id, session_id) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let token = tokens("a").sign(user_id, session_id, at(1000));
        let session = PageSession {
            user_id,
            session_id,
            since: at(1000),
        };
        assert_eq!(tokens("a").verify(&token, at(4599)), Some(session));
        assert_eq!(tokens("a").verify(&token, at(4600)), None);
    }

    #[test]
    fn what_was_not_signed_here_is_refused() {
        let (user_id, session_id) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let token = tokens("a").sign(user_id, session_id, at(1000));
        assert_eq!(tokens("b").verify(&token, at(1000)), None);
        for place in [0, 20, 35, 45, 71] {
            let mut forged = URL_SAFE_NO_PAD.decode(&token).unwrap();
            forged[place] ^= 1;
            let forged = URL_SAFE_NO_PAD.encode(forged);
            assert_eq!(tokens("a").verify(&forged, at(1000)), None, "{place}");
        }
        for text in ["", "AAAA", "\u{e9}", &token[..90]] {
            assert_eq!(tokens("a").verify(text, at(1000)), None, "{text}");
        }
    }

    #[test]
    fn a_form_belongs_to_its_session() {
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let token = tokens("a").form_token(one);
        assert!(tokens("a").is_form_token(one, &token));
        assert!(!tokens("a").is_form_token(other, &token));
        assert!(!tokens("b").is_form_token(one, &token));
        assert!(!tokens("a").is_form_token(one, ""));
    }
}
