//! What the queues of the fleet look like, from wherever somebody looks.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use sqlx::{Connection, PgConnection};

use super::{Exposition, Metrics, Sampled};
use crate::queue::db::{self, operate};

/// How often the queues are looked at, however often somebody asks.
const RHYTHM: Duration = Duration::from_secs(15);
/// Looking takes a hundredth of the time at most, however long the queues are.
const LEAST_PAUSE: u32 = 100;
/// So many looks may fail before nothing is told.
const LOOKS: u32 = 4;

/// A queue when it was last looked at.
struct Queue {
    depth: operate::QueueDepth,
    /// What its due tasks are expected to run, together.
    waiting_work: f64,
}

struct Sample {
    queues: Vec<Queue>,
    workers_alive: i64,
}

/// Looks at the queues and tells what it saw.
#[derive(Clone, Default)]
pub struct QueueGauges(Sampled<Sample>);

impl QueueGauges {
    /// Has `metrics` tell what is seen from now on.
    pub fn told_by(metrics: &Metrics) -> Self {
        let gauges = Self::default();
        let shown = gauges.clone();
        metrics.add(move |out| shown.0.tell(|sample| expose(sample, out)));
        gauges
    }

    /// Looks for ever; `look` calls [`Self::look`] on a connection of its own.
    pub async fn keep_looking<F>(self, look: impl Fn(Self) -> F)
    where
        F: Future<Output = Result<(), sqlx::Error>>,
    {
        loop {
            let began = Instant::now();
            if let Err(error) = look(self.clone()).await {
                tracing::warn!(%error, "metrics of the queues are out of date");
            }
            tokio::time::sleep(pause_after(began)).await;
        }
    }

    /// Looks once.
    pub async fn look(&self, conn: &mut PgConnection) -> Result<(), sqlx::Error> {
        let began = Instant::now();
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
        self.0.put(sample, pause_after(began) * LOOKS);
        Ok(())
    }
}

fn pause_after(began: Instant) -> Duration {
    RHYTHM.max(began.elapsed() * LEAST_PAUSE)
}

fn expose(sample: &Sample, out: &mut Exposition) {
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
