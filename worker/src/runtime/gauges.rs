//! What a process tells of the queues and of itself.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, atomic::Ordering},
    time::{Duration, Instant},
};

use jobboard_shared::{
    metrics::{self, Exposition, Metrics},
    queue::db::{self, operate},
};
use sqlx::{Connection, PgConnection, PgPool};

use super::{
    fetcher::Station,
    meter::{Meter, Outcome},
    patience::Database,
};

/// How often the queues are looked at, however often somebody asks.
const RHYTHM: Duration = Duration::from_secs(15);
/// Looking takes a hundredth of the time at most, however long the queues are.
const LEAST_PAUSE: u32 = 100;

/// A queue when it was last looked at.
struct Queue {
    depth: operate::QueueDepth,
    /// What its due tasks are expected to run, together.
    waiting_work: f64,
}

#[derive(Default)]
struct Sample {
    queues: Vec<Queue>,
    workers_alive: i64,
}

#[derive(Clone, Default)]
struct Latest(Arc<Mutex<Sample>>);

impl Latest {
    async fn renew(&self, conn: &mut PgConnection) -> Result<(), sqlx::Error> {
        let mut tx = conn.begin().await?;
        operate::look_only(&mut tx).await?;
        let depths = operate::queues(&mut tx).await?;
        let due: Vec<_> = depths
            .iter()
            .filter(|depth| depth.due > 0)
            .map(|depth| depth.queue.clone())
            .collect();
        let expected: HashMap<_, _> = db::expected_run_seconds(&mut tx, &due)
            .await?
            .into_iter()
            .collect();
        let workers_alive = db::alive_workers(&mut tx).await?;
        tx.commit().await?;
        let queues = depths.into_iter().map(|depth| Queue {
            waiting_work: depth.due as f64 * expected.get(&depth.queue).copied().unwrap_or(1.0),
            depth,
        });
        let sample = Sample {
            queues: queues.collect(),
            workers_alive,
        };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = sample;
        Ok(())
    }

    fn expose(&self, out: &mut Exposition) {
        let sample = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        out.gauge(
            "jobboard_workers_alive",
            "Worker processes of the fleet that have lately given a sign of life.",
            &[],
            sample.workers_alive as f64,
        );
        for Queue {
            depth,
            waiting_work,
        } in &sample.queues
        {
            let queue = ("queue", depth.queue.as_str());
            for (state, number) in [
                ("due", depth.due),
                ("scheduled", depth.scheduled),
                ("running", depth.running),
                ("dead", depth.dead),
            ] {
                out.gauge(
                    "jobboard_queue_tasks",
                    "Tasks of the fleet by queue and state; beyond 5,000 estimated, running and dead at most 10,000.",
                    &[queue, ("state", state)],
                    number as f64,
                );
            }
            for (name, help, value) in [
                (
                    "jobboard_queue_oldest_due_seconds",
                    "How long the oldest due task of the queue has waited.",
                    depth.oldest_due_seconds,
                ),
                (
                    "jobboard_queue_paused",
                    "1 while an operator keeps the queue from starting tasks.",
                    f64::from(u8::from(depth.paused_at.is_some())),
                ),
                (
                    "jobboard_queue_slots",
                    "Tasks of the queue that the fleet's living workers run at once.",
                    depth.slots as f64,
                ),
                (
                    "jobboard_queue_waiting_work_seconds",
                    "Due tasks of the queue times the mean run time of their kinds.",
                    *waiting_work,
                ),
            ] {
                out.gauge(name, help, &[queue], value);
            }
        }
    }
}

/// Tells `metrics` about this process and, sampled by [`keep_looking`], the
/// queues.
pub(super) fn expose(metrics: &Metrics, station: &Station, handlers: &PgPool) -> Gauges {
    let latest = Latest::default();
    let (shown, meter) = (latest.clone(), station.meter.clone());
    let (handlers, machinery) = (handlers.clone(), station.db.clone());
    metrics.add(move |out| {
        shown.expose(out);
        runs(out, &meter);
        troubles(out, &meter);
        metrics::pool(out, "handlers", &handlers);
        machinery.expose(out);
    });
    Gauges {
        latest,
        db: station.db.clone(),
    }
}

/// What has to be looked up.
pub(super) struct Gauges {
    latest: Latest,
    db: Database,
}

impl Gauges {
    /// Never ends.
    pub(super) async fn keep_looking(self) {
        loop {
            let began = Instant::now();
            let renewed = self.db.ask(async |conn| self.latest.renew(conn).await);
            if let Err(error) = renewed.await {
                tracing::warn!(%error, "metrics of the queues are out of date");
            }
            tokio::time::sleep(RHYTHM.max(began.elapsed() * LEAST_PAUSE)).await;
        }
    }
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
