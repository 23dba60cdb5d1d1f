//! Clears away answers that no retry can ask for.

use jobboard_shared::idempotency::{db, tasks::DeleteExpiredKeys};

use crate::{Context, Lease, TaskResult};

pub(crate) async fn delete_expired(ctx: Context, _: DeleteExpiredKeys, _: Lease) -> TaskResult {
    const AT_ONCE: i64 = 1_000;
    let mut conn = ctx.db.acquire().await?;
    while db::delete_expired(&mut conn, AT_ONCE).await? == AT_ONCE as u64 {}
    Ok(())
}
