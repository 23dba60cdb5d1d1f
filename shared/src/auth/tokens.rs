//! Access tokens (signed, short-lived) and refresh tokens (random, stored).

use std::{fmt, sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use hmac::{Hmac, Mac};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::users::Role;

/// What an access token says. The role is for clients to look at: the server
/// asks the database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    pub sub: Uuid,
    pub sid: Uuid,
    pub role: Role,
    /// Seconds since 1970, like `exp`.
    pub iat: i64,
    pub exp: i64,
    pub typ: TokenType,
}

/// Keeps a token of one purpose from serving another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenType {
    Access,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidToken {
    #[error("the token has expired")]
    Expired,
    #[error("the token is not one of ours")]
    Forged,
}

/// Signs and verifies access tokens (HS256).
#[derive(Clone)]
pub struct TokenSigner {
    keys: Arc<(EncodingKey, DecodingKey)>,
    lifetime: Duration,
}

impl TokenSigner {
    /// Derives its key from the application's secret, so that nothing else that
    /// is signed with that secret can pass for a token.
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    pub fn new(secret: &SecretString, lifetime: Duration) -> Self {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes())
            .expect("a key of any length");
        mac.update(b"jobboard access token\0");
        let key = mac.finalize().into_bytes();
        Self {
            keys: Arc::new((
                EncodingKey::from_secret(&key),
                DecodingKey::from_secret(&key),
            )),
            lifetime,
        }
    }

    pub fn lifetime(&self) -> Duration {
        self.lifetime
    }

    #[expect(clippy::expect_used, reason = "HMAC over plain data cannot fail")]
    pub fn sign(&self, user_id: Uuid, session_id: Uuid, role: Role, now: DateTime<Utc>) -> String {
        let iat = now.timestamp();
        let lifetime = i64::try_from(self.lifetime.as_secs()).unwrap_or(i64::MAX);
        let claims = Claims {
            sub: user_id,
            sid: session_id,
            role,
            iat,
            exp: iat.saturating_add(lifetime),
            typ: TokenType::Access,
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.keys.0)
            .expect("plain claims are signed")
    }

    /// `now` is the database's time, which is why the library's own look at the
    /// clock is switched off.
    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Claims, InvalidToken> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        let claims = jsonwebtoken::decode::<Claims>(token, &self.keys.1, &validation)
            .map_err(|_| InvalidToken::Forged)?
            .claims;
        if claims.exp <= now.timestamp() {
            return Err(InvalidToken::Expired);
        }
        Ok(claims)
    }
}

/// 256 random bits. Only the hash is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken([u8; 32]);

impl RefreshToken {
    pub fn generate() -> Self {
        Self(rand::random())
    }

    /// `None`: not a token that was ever given out.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        Some(Self(bytes.try_into().ok()?))
    }

    /// For the client.
    pub fn to_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// For the database. The token is random and long, so that a plain hash
    /// cannot be guessed back.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer(secret: &str) -> TokenSigner {
        TokenSigner::new(&SecretString::from(secret), Duration::from_secs(3600))
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn a_token_lives_for_its_lifetime_by_the_given_clock() {
        let signer = signer("a");
        let (user, session) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let token = signer.sign(user, session, Role::Employer, at(1000));
        let claims = signer.verify(&token, at(4599)).unwrap();
        assert_eq!((claims.sub, claims.sid), (user, session));
        assert_eq!((claims.iat, claims.exp), (1000, 4600));
        assert_eq!(signer.verify(&token, at(4600)), Err(InvalidToken::Expired));
    }

    #[test]
    fn a_token_of_another_key_algorithm_or_purpose_is_refused() {
        let ours = signer("a");
        let token = ours.sign(Uuid::nil(), Uuid::nil(), Role::Admin, at(0));
        assert_eq!(signer("b").verify(&token, at(1)), Err(InvalidToken::Forged));
        // {"alg":"none"}
        let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", token.split('.').nth(1).unwrap());
        assert_eq!(ours.verify(&unsigned, at(1)), Err(InvalidToken::Forged));
        let other = serde_json::json!({
            "sub": Uuid::nil(), "sid": Uuid::nil(), "role": "admin",
            "iat": 0, "exp": 99, "typ": "password_reset",
        });
        let other =
            jsonwebtoken::encode(&Header::new(Algorithm::HS256), &other, &ours.keys.0).unwrap();
        assert_eq!(ours.verify(&other, at(1)), Err(InvalidToken::Forged));
    }

    #[test]
    fn a_refresh_token_survives_its_text_form() {
        let token = RefreshToken::generate();
        assert_eq!(RefreshToken::parse(&token.to_text()), Some(token.clone()));
        assert_ne!(token.hash(), RefreshToken::generate().hash());
        for text in ["", "abc", "é", &"A".repeat(44)] {
            assert_eq!(RefreshToken::parse(text), None, "{text}");
        }
    }
}
