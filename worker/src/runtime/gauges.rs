//! What a process tells of the queues and of itself.

use std::sync::atomic::Ordering;

use jobboard_shared::metrics::{self, Exposition, Metrics, QueueGauges};
use sqlx::PgPool;

use super::{
    fetcher::Station,
    meter::{Meter, Outcome},
    patience::Database,
};

/// Tells `metrics` about this process and, seen by the gauges that it gives, the
/// queues.
pub(super) fn expose(metrics: &Metrics, station: &Station, handlers: &PgPool) -> QueueGauges {
    let (meter, machinery) = (station.meter.clone(), station.db.clone());
    let handlers = handlers.clone();
    metrics.add(move |out| {
        runs(out, &meter);
        troubles(out, &meter);
        metrics::pool(out, "handlers", &handlers);
        machinery.expose(out);
    });
    QueueGauges::told_by(metrics)
}

/// Never ends.
pub(super) async fn keep_looking(gauges: QueueGauges, db: Database) {
    let look = |gauges: QueueGauges| {
        let db = db.clone();
        async move { db.ask(async |conn| gauges.look(conn).await).await }
    };
    gauges.keep_looking(look).await;
}

fn runs(out: &mut Exposition, meter: &Meter) {
    meter.read(|queue, kind, counts| {
        let labels = [("queue", queue), ("kind", kind)];
        out.histogram(
            "jobboard_task_wait_seconds",
            "From due to started, of runs in this process.",
            &labels,
            (&counts.waits, counts.wait_seconds),
        );
        out.histogram(
            "jobboard_task_run_seconds",
            "From started to ended, of runs in this process.",
            &labels,
            (&counts.runs, counts.run_seconds),
        );
        out.counter(
            "jobboard_task_retries_total",
            "Runs in this process that were not the first of their task.",
            &labels,
            counts.retries,
        );
        for outcome in Outcome::ALL {
            out.counter(
                "jobboard_task_runs_total",
                "Runs in this process by how they ended.",
                &[labels[0], labels[1], ("outcome", outcome.name())],
                counts.outcome(outcome),
            );
        }
    });
}

fn troubles(out: &mut Exposition, meter: &Meter) {
    let mut lost = meter.troubles.lost_unsettled.load(Ordering::Relaxed);
    meter.read(|_, _, counts| lost += counts.outcome(Outcome::Lost));
    out.counter(
        "jobboard_leases_lost_total",
        "Leases of this process that ran out before their tasks were settled.",
        &[],
        lost,
    );
    for (name, help, counter) in [
        (
            "jobboard_tasks_rescued_total",
            "Tasks that this process took out of leases that ran out.",
            &meter.troubles.rescued,
        ),
        (
            "jobboard_heartbeats_failed_total",
            "Heartbeats of this process that could not renew its leases.",
            &meter.troubles.heartbeats_failed,
        ),
    ] {
        out.counter(name, help, &[], counter.load(Ordering::Relaxed));
    }
}
