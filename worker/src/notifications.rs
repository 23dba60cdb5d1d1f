//! Clears away what nobody needs of the notification centre any more.

use std::time::Duration;

use jobboard_shared::notifications::{db::centre, tasks::ForgetOldNotifications};

use crate::{Context, Lease, TaskResult};

/// As long as mails are kept.
const KEPT: Duration = Duration::from_secs(90 * 24 * 3600);
const AT_ONCE: i64 = 2_000;

pub(crate) async fn forget_old(
    ctx: Context,
    _: ForgetOldNotifications,
    lease: Lease,
) -> TaskResult {
    let mut conn = ctx.db.acquire().await?;
    while !lease.cancelled.is_cancelled()
        && centre::forget_old(&mut conn, KEPT, AT_ONCE).await? == AT_ONCE as u64
    {}
    Ok(())
}
