//! What a process tells of the outbox.

use std::time::Duration;

use jobboard_shared::{metrics::Sampled, notifications::db};
use tokio_util::task::AbortOnDropHandle;

use crate::Context;

const RHYTHM: Duration = Duration::from_secs(30);
/// So many looks may fail before nothing is told.
const LOOKS: u32 = 4;

/// Has `ctx.metrics` tell how many mails are not sent, until the handle is
/// dropped; where metrics are served at all.
pub(crate) fn start_counting(ctx: &Context) -> Option<AbortOnDropHandle<()>> {
    ctx.config.metrics_addr?;
    let counting = keep_counting(ctx.clone());
    Some(AbortOnDropHandle::new(tokio::spawn(counting)))
}

async fn keep_counting(ctx: Context) {
    let latest = Sampled::<Vec<_>>::default();
    let shown = latest.clone();
    ctx.metrics.add(move |out| {
        shown.tell(|counts| {
            for (status, number) in counts {
                out.gauge(
                    "jobboard_mails",
                    "Mails of the outbox that are not sent, by status; at most 10,000 each.",
                    &[("status", db::EmailStatus::name(*status))],
                    *number as f64,
                );
            }
        });
    });
    loop {
        let counted = async {
            let mut conn = ctx.db.acquire().await?;
            db::count_unsent(&mut conn).await
        };
        match counted.await {
            Ok(counts) => latest.put(counts, RHYTHM * LOOKS),
            Err(error) => tracing::warn!(%error, "the metrics of mails are out of date"),
        }
        tokio::time::sleep(RHYTHM).await;
    }
}
