//! What the mails about an account say, read when they are sent.

use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{MailedTokenKey, db::mailed_tokens};
use crate::{Result, users::Email};

/// The facts of a mail that carries a token.
#[derive(Clone, Serialize)]
pub struct TokenFacts {
    /// Opens the account: never to be logged.
    pub token: String,
}

/// `None` when the token opens nothing any more.
pub async fn token_facts(
    conn: &mut PgConnection,
    key: &MailedTokenKey,
    token_id: Uuid,
) -> Result<Option<TokenFacts>> {
    let live = mailed_tokens::find_by_id(conn, token_id).await?;
    Ok(live.map(|_| TokenFacts {
        token: key.token(token_id).to_text(),
    }))
}

/// Where the mail about a change of address goes: to the former one. `None` when
/// the change is long past.
pub async fn former_address(conn: &mut PgConnection, change_id: Uuid) -> Result<Option<Email>> {
    let former = mailed_tokens::former_email(conn, change_id).await?;
    Ok(former.and_then(|email| Email::parse(&email).ok()))
}
