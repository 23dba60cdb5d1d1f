//! All queues of one process, from start to a drained end.

use std::{
    convert::Infallible,
    sync::Arc,
    task::{Context as PollContext, Poll},
    time::{Duration, Instant},
};

use apalis::layers::WorkerBuilderExt;
use apalis_core::{monitor::Monitor, task::Task, worker::builder::WorkerBuilder};
use futures::future::BoxFuture;
use jobboard_shared::queue::db;
use tokio::sync::Semaphore;
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};
use tower::Service;

use super::{
    backend::{Envelope, QueueBackend},
    dispatch::{Dispatcher, Ending, Registry},
    fetcher::Station,
    gauges,
    heartbeat::{Heart, Heartbeat},
    leases::Leases,
    meter::{FLUSH_RHYTHM, Meter, Troubles},
    patience::Database,
    scheduler::{Schedule, tick},
    supervise::supervise,
    wakes::Wakes,
};
use crate::Context;

/// What handlers get to end in after they were cancelled, and the last acks
/// after that.
const LAST_CALL: Duration = Duration::from_secs(10);
const SCHEDULE_RHYTHM: Duration = Duration::from_secs(1);
const POLL_WITH_BELL: Duration = Duration::from_secs(1);
const POLL_WITHOUT_BELL: Duration = Duration::from_millis(250);
/// A tenth of the lease, within these.
const FASTEST_RESCUE: Duration = Duration::from_millis(100);
const SLOWEST_RESCUE: Duration = Duration::from_secs(2);
const SWEEP_RHYTHM: Duration = Duration::from_secs(1);
const LONGEST_RESTART_DELAY: Duration = Duration::from_secs(30);

/// Why a fleet could not start, or did not end well.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error("cannot start the heartbeat: {0}")]
    Heartbeat(std::io::Error),
    #[error("the task runtime failed: {0}")]
    Runtime(String),
    #[error("tasks did not end within the grace time; their leases will run out")]
    Stuck,
}

/// The last service: everything outside is apalis' and our layers.
#[derive(Clone)]
struct DispatchService(Dispatcher);

impl Service<Task<Envelope>> for DispatchService {
    type Response = Ending;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Ending, Infallible>>;

    fn poll_ready(&mut self, _cx: &mut PollContext<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, task: Task<Envelope>) -> Self::Future {
        let dispatcher = self.0.clone();
        Box::pin(async move {
            let envelope = task.args;
            let cancel = envelope.held.cancel();
            Ok(dispatcher.run(envelope.task, cancel).await)
        })
    }
}

/// Runs the queues of the configuration until `shutdown`; then lets running
/// tasks end within the grace time, cancels and releases the rest, and returns.
///
/// After [`RunError::Stuck`] a handler may still be computing: exit the process.
pub async fn run_with(
    ctx: Context,
    registry: Registry,
    schedule: Schedule,
    shutdown: CancellationToken,
) -> Result<(), RunError> {
    let settings = &ctx.config.worker;
    let wakes = Wakes::new(settings.queues.keys());
    let listens = ctx.config.database.direct_url.is_some();
    let options = (*ctx.db.connect_options()).clone();
    let station = Station {
        db: Database::new(options.clone(), settings.lease),
        worker: format!("{}-{:08x}", std::process::id(), rand::random::<u32>()).into(),
        lease: settings.lease,
        poll: if listens {
            POLL_WITH_BELL
        } else {
            POLL_WITHOUT_BELL
        },
        leases: Arc::default(),
        meter: Meter::new(settings.queues.keys()),
        suspects: Arc::new(Semaphore::new(1)),
        closing: shutdown.clone(),
        stop: CancellationToken::new(),
    };
    let heartbeat = Heartbeat {
        options,
        leases: Arc::clone(&station.leases),
        troubles: Arc::clone(&station.meter.troubles),
        lease: station.lease,
        worker: Arc::clone(&station.worker),
        queues: settings.queues.clone(),
        closing: shutdown.clone(),
    };
    let overdue = CancellationToken::new();
    let grace = end_grace(
        shutdown.clone(),
        settings.shutdown_grace,
        station.stop.clone(),
        overdue.clone(),
    );
    let heart = Heart::start(heartbeat, grace).map_err(RunError::Heartbeat)?;
    tracing::info!(worker = &*station.worker, queues = ?settings.queues, "fleet starts");
    let known = registry.queues();
    for queue in settings.queues.keys() {
        if !known.contains(queue.as_str()) {
            tracing::warn!(
                queue,
                "JOBBOARD_QUEUES names a queue that no task belongs to"
            );
        }
    }
    let looking = ctx.config.metrics_addr.map(|_| {
        let gauges = gauges::expose(&ctx.metrics, &station, &ctx.db);
        let looking = gauges::keep_looking(gauges, station.db.clone());
        AbortOnDropHandle::new(tokio::spawn(looking))
    });
    let side_work = [
        AbortOnDropHandle::new(tokio::spawn(keep_rescuing(
            station.clone(),
            settings.queues.keys().cloned().collect(),
        ))),
        AbortOnDropHandle::new(tokio::spawn(keep_metering(station.clone()))),
        AbortOnDropHandle::new(tokio::spawn(keep_schedule(
            station.clone(),
            ctx.clone(),
            Arc::new(schedule),
        ))),
        AbortOnDropHandle::new(tokio::spawn(keep_listening(
            ctx.clone(),
            wakes.clone(),
            Arc::clone(&station.leases),
            shutdown.clone(),
        ))),
    ];
    let monitor = monitor(&ctx, Arc::new(registry), &station, &wakes);
    let signal = {
        let shutdown = shutdown.clone();
        async move {
            shutdown.cancelled().await;
            Ok(())
        }
    };
    let result = tokio::select! {
        result = monitor.run_with_signal(signal) => {
            result.map_err(|error| RunError::Runtime(error.to_string()))
        }
        () = overdue.cancelled() => Err(RunError::Stuck),
    };
    drop((side_work, looking));
    if result.is_ok() {
        flush(&station).await;
    }
    heart.stop().await;
    if result.is_ok() {
        station.db.close().await;
    }
    tracing::info!(worker = &*station.worker, "fleet ended");
    result
}

fn monitor(ctx: &Context, registry: Arc<Registry>, station: &Station, wakes: &Wakes) -> Monitor {
    // A restart means that apalis itself or one of our layers panicked. Always
    // again: a queue without a worker goes unnoticed. The backend waits first.
    let mut monitor = Monitor::new().should_restart(|worker, error| {
        tracing::error!(queue = worker.name(), %error, "worker failed, starting again");
        true
    });
    for (queue, slots) in &ctx.config.worker.queues {
        let dispatcher = Dispatcher::new(ctx.clone(), Arc::clone(&registry));
        let (station, queue, slots) = (station.clone(), queue.clone(), (*slots).max(1));
        let bell = wakes.of(&queue);
        monitor = monitor.register(move |restarts| {
            let delay = match u32::try_from(restarts).unwrap_or(u32::MAX) {
                0 => Duration::ZERO,
                n => Duration::from_secs(1 << n.min(5)).min(LONGEST_RESTART_DELAY),
            };
            let backend = QueueBackend::new(&station, &queue, slots, Arc::clone(&bell), delay);
            WorkerBuilder::new(queue.as_str())
                .backend(backend)
                .catch_panic()
                .build(DispatchService(dispatcher.clone()))
        });
    }
    monitor
}

/// Must run where no handler computes: those that look at their cancellation now
/// and then have to see it.
async fn end_grace(
    shutdown: CancellationToken,
    grace: Duration,
    stop: CancellationToken,
    overdue: CancellationToken,
) {
    shutdown.cancelled().await;
    tokio::time::sleep(grace).await;
    tracing::warn!("the grace time is over, running tasks are released");
    stop.cancel();
    tokio::time::sleep(LAST_CALL).await;
    overdue.cancel();
}

async fn keep_rescuing(station: Station, queues: Vec<String>) {
    let closing = station.closing.clone();
    supervise("rescue", &closing, move || {
        rescue_until_closing(station.clone(), queues.clone())
    })
    .await;
}

async fn rescue_until_closing(station: Station, queues: Vec<String>) {
    let rhythm = (station.lease / 10).clamp(FASTEST_RESCUE, SLOWEST_RESCUE);
    let mut swept = None::<Instant>;
    loop {
        let mut more = false;
        let rescued = station.db.ask(async |conn| db::rescue(conn, &queues).await);
        match rescued.await {
            Ok(lapses) => {
                Troubles::count(&station.meter.troubles.rescued, lapses.len());
                more = lapses.len() == db::RESCUED_AT_ONCE;
                for lapse in lapses {
                    let (dead, leased_by) = (lapse.dead, &lapse.leased_by);
                    tracing::warn!(task = %lapse.id, kind = lapse.kind, leased_by, dead, "lease ran out");
                }
            }
            Err(error) => tracing::error!(%error, "cannot rescue tasks"),
        }
        if swept.is_none_or(|swept| swept.elapsed() >= SWEEP_RHYTHM) {
            swept = Some(Instant::now());
            sweep(&station).await;
        }
        let pause = if more { Duration::ZERO } else { rhythm };
        tokio::select! {
            () = station.closing.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Ends the batches whose last task ended with nobody left to look, and cancels
/// what came back although it should not.
async fn sweep(station: &Station) {
    let swept = station.db.ask(async |conn| db::sweep_batches(conn).await);
    match swept.await {
        Ok(ended) => {
            for batch in ended {
                tracing::info!(batch = batch.0, "batch ended");
            }
        }
        Err(error) => tracing::error!(%error, "cannot end batches"),
    }
    let swept = station.db.ask(async |conn| db::sweep_cancels(conn).await);
    match swept.await {
        Ok(cancelled) => {
            for task in cancelled {
                tracing::info!(%task, "task cancelled again");
            }
        }
        Err(error) => tracing::error!(%error, "cannot cancel tasks again"),
    }
}

/// Until it is dropped: the last counts come when the last task has ended.
async fn keep_metering(station: Station) {
    loop {
        tokio::time::sleep(FLUSH_RHYTHM).await;
        flush(&station).await;
    }
}

async fn flush(station: &Station) {
    if let Err(error) = station.meter.flush(&station.db, &station.worker).await {
        tracing::warn!(%error, "what ran lately is not written down yet");
    }
}

async fn keep_schedule(station: Station, ctx: Context, schedule: Arc<Schedule>) {
    let closing = station.closing.clone();
    supervise("scheduler", &closing, move || {
        tick_until_closing(station.clone(), ctx.clone(), Arc::clone(&schedule))
    })
    .await;
}

async fn tick_until_closing(station: Station, ctx: Context, schedule: Arc<Schedule>) {
    loop {
        let ticked = station.db.ask(async |conn| {
            ctx.clock.synchronize(&mut *conn).await?;
            tick(conn, &schedule).await
        });
        if let Err(error) = ticked.await {
            tracing::error!(%error, "cannot keep the schedule");
        }
        let sampled = station
            .db
            .ask(async |conn| db::operate::sample_depths(conn).await);
        if let Err(error) = sampled.await {
            tracing::error!(%error, "cannot note the depths of the queues");
        }
        tokio::select! {
            () = station.closing.cancelled() => return,
            () = tokio::time::sleep(SCHEDULE_RHYTHM) => {}
        }
    }
}

async fn keep_listening(
    ctx: Context,
    wakes: Wakes,
    leases: Arc<Leases>,
    closing: CancellationToken,
) {
    let Some(url) = ctx.config.database.direct_url.clone() else {
        return;
    };
    let token = closing.clone();
    supervise("listener", &token, move || {
        let (wakes, url, closing) = (wakes.clone(), url.clone(), closing.clone());
        let leases = Arc::clone(&leases);
        async move {
            tokio::select! {
                () = closing.cancelled() => {}
                () = wakes.listen(&url, &leases) => {}
            }
        }
    })
    .await;
}
