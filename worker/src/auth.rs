//! Clears away what signing in leaves behind.

use jobboard_shared::auth::{db, tasks::DeleteExpiredSessions};

use crate::{Context, Lease, TaskResult};

pub(crate) async fn delete_expired_sessions(
    ctx: Context,
    _: DeleteExpiredSessions,
    _: Lease,
) -> TaskResult {
    const AT_ONCE: u64 = 1_000;
    while db::delete_expired(&ctx.db, AT_ONCE).await? == AT_ONCE {}
    Ok(())
}
