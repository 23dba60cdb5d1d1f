//! What signing in leaves to be done: mails with tokens, and clearing away.

use jobboard_shared::{
    auth::{
        MailedTokenKey, Occasion,
        db::{self, mailed_tokens},
        recovery,
        tasks::{DeleteExpiredSessions, SendPasswordReset},
    },
    live,
};

use crate::{Context, Lease, TaskResult};

/// More mails than an account is sent in an hour are quietly left out.
pub(crate) async fn send_password_reset(
    ctx: Context,
    task: SendPasswordReset,
    _: Lease,
) -> TaskResult {
    let Some(user_id) = task.user_id else {
        return Ok(());
    };
    let key = MailedTokenKey::new(&ctx.config.auth.secret_key);
    let mut tx = ctx.db.begin().await?;
    recovery::mail_token(&mut tx, &key, user_id, Occasion::PasswordReset).await?;
    tx.commit().await?;
    Ok(())
}

pub(crate) async fn delete_expired_sessions(
    ctx: Context,
    _: DeleteExpiredSessions,
    _: Lease,
) -> TaskResult {
    const AT_ONCE: u64 = 1_000;
    while db::delete_expired(&ctx.db, AT_ONCE).await? == AT_ONCE {}
    let mut conn = ctx.db.acquire().await?;
    while mailed_tokens::delete_old(&mut conn, AT_ONCE).await? == AT_ONCE {}
    while live::db::delete_expired_tickets(&mut conn, AT_ONCE as i64).await? == AT_ONCE {}
    Ok(())
}
