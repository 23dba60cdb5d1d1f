//! A queue as apalis sees it.

use std::{
    convert::Infallible,
    sync::{Arc, atomic::AtomicBool},
    task::{Context, Poll, ready},
    time::Duration,
};

use apalis_core::{
    backend::{Backend, BackendConfig, finalize::Ephemeral},
    task::{Task, builder::TaskBuilder},
    worker::context::WorkerContext,
};
use futures::{FutureExt, future::BoxFuture};
use jobboard_shared::queue::{Again, LeasedTask, Settlement};
use tokio::{
    sync::{Notify, Semaphore, mpsc},
    task::JoinHandle,
};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{
    acks::{Ack, AckLayer, Acker, Acks, Freed},
    fetcher::{Fetcher, Slot, Station},
    leases::Held,
    meter::QueueMeter,
    patience::Database,
    supervise::supervise,
};

/// A leased task on its way to the dispatcher, arguments not decoded: a decoding
/// error inside a backend would drop all work in flight.
#[derive(Debug)]
pub(crate) struct Envelope {
    pub(crate) task: LeasedTask,
    pub(crate) held: Arc<Held>,
    /// Taken by the ack layer, which frees it when the handler has ended.
    pub(crate) slot: Option<Slot>,
}

enum Phase {
    /// `register` builds the backend long before it runs: nothing is spawned
    /// until it is polled.
    Built(Box<(Fetcher, Acker)>, Duration),
    Open {
        fetcher: JoinHandle<()>,
        /// Dropped with the backend, also when apalis drops it after a panic.
        fetching: DropGuard,
        acking: DropGuard,
    },
    Closing(BoxFuture<'static, ()>),
    Closed,
}

/// Never fails and never runs dry: either would make apalis drop or forget work.
pub(crate) struct QueueBackend {
    station: Station,
    tasks: mpsc::UnboundedReceiver<Envelope>,
    /// Keeps `tasks` open between fetchers.
    _sender: mpsc::UnboundedSender<Envelope>,
    acks: Acks,
    meter: Arc<QueueMeter>,
    phase: Phase,
}

impl QueueBackend {
    /// A backend that starts fetching after `delay`, counted from its first
    /// poll.
    pub(crate) fn new(
        station: &Station,
        queue: &str,
        slots: usize,
        bell: Arc<Notify>,
        delay: Duration,
    ) -> Self {
        let (sender, tasks) = mpsc::unbounded_channel();
        let bounds_running = Arc::new(AtomicBool::new(false));
        let (acks, acker) = Acks::channel(
            slots,
            Freed {
                queue: queue.into(),
                bell: Arc::clone(&bell),
                bounds_running: Arc::clone(&bounds_running),
            },
            Arc::clone(&station.meter.troubles),
        );
        let fetcher = Fetcher {
            station: station.clone(),
            queue: queue.into(),
            slots: Arc::new(Semaphore::new(slots)),
            bell,
            limited: AtomicBool::new(false),
            bounds_running,
            tasks: sender.clone(),
            closing: station.closing.child_token(),
        };
        Self {
            station: station.clone(),
            tasks,
            _sender: sender,
            acks,
            meter: station.meter.of(queue),
            phase: Phase::Built(Box::new((fetcher, acker)), delay),
        }
    }

    fn open(&mut self) {
        let phase = std::mem::replace(&mut self.phase, Phase::Closed);
        let Phase::Built(parts, delay) = phase else {
            self.phase = phase;
            return;
        };
        let (fetcher, acker) = *parts;
        let closing = fetcher.closing.clone();
        let fetching = closing.clone().drop_guard();
        let acking = spawn_acker(acker, self.station.db.clone());
        let fetcher = Arc::new(fetcher);
        let fetcher = tokio::spawn(async move {
            tokio::select! {
                () = closing.cancelled() => return,
                () = tokio::time::sleep(delay) => {}
            }
            supervise("fetcher", &closing, move || {
                let fetcher = Arc::clone(&fetcher);
                async move { fetcher.run().await }
            })
            .await;
        });
        self.phase = Phase::Open {
            fetcher,
            fetching,
            acking,
        };
    }

    /// Stops fetching, gives back what has not started, commits all acks.
    fn close(&mut self) -> BoxFuture<'static, ()> {
        let phase = std::mem::replace(&mut self.phase, Phase::Closed);
        let Phase::Open {
            fetcher,
            fetching,
            acking,
        } = phase
        else {
            return futures::future::ready(()).boxed();
        };
        let (_, none) = mpsc::unbounded_channel();
        let mut tasks = std::mem::replace(&mut self.tasks, none);
        let acks = self.acks.clone();
        async move {
            drop(fetching);
            if let Err(error) = fetcher.await {
                tracing::error!(%error, "the fetcher ended badly");
            }
            while let Ok(envelope) = tasks.try_recv() {
                let released = Settlement::Again {
                    delay: Duration::ZERO,
                    why: Again::Released,
                };
                acks.send(Ack::new(&envelope.task, envelope.held, released))
                    .await;
            }
            acks.flush().await;
            drop(acking);
        }
        .boxed()
    }
}

/// Runs the acker until the guard is dropped and all acks are committed.
fn spawn_acker(acker: Acker, db: Database) -> DropGuard {
    let done = CancellationToken::new();
    let guard = done.clone().drop_guard();
    let acker = Arc::new(acker);
    tokio::spawn(async move {
        supervise("acker", &done, || {
            let (acker, db, done) = (Arc::clone(&acker), db.clone(), done.clone());
            async move { acker.run(&db, &done).await }
        })
        .await;
    });
    guard
}

impl Backend for QueueBackend {
    type Task = Task<Envelope>;
    type Error = Infallible;

    fn poll_ready(
        &mut self,
        _cx: &mut Context<'_>,
        _worker: &WorkerContext,
    ) -> Poll<Result<(), Infallible>> {
        self.open();
        Poll::Ready(Ok(()))
    }

    fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
        _worker: &WorkerContext,
    ) -> Poll<Option<Result<Task<Envelope>, Infallible>>> {
        match ready!(self.tasks.poll_recv(cx)) {
            Some(envelope) => Poll::Ready(Some(Ok(TaskBuilder::new(envelope).build()))),
            // Only once closed, when nobody polls any more.
            None => Poll::Pending,
        }
    }

    fn poll_close(
        &mut self,
        cx: &mut Context<'_>,
        _worker: &WorkerContext,
    ) -> Poll<Result<(), Infallible>> {
        loop {
            match &mut self.phase {
                Phase::Built(..) | Phase::Open { .. } => {
                    self.phase = Phase::Closing(self.close());
                }
                Phase::Closing(close) => {
                    ready!(close.poll_unpin(cx));
                    self.phase = Phase::Closed;
                }
                Phase::Closed => return Poll::Ready(Ok(())),
            }
        }
    }
}

impl BackendConfig for QueueBackend {
    type Args = Envelope;
    type Id = i64;
    type Kind = Ephemeral;
    type Config = ();
    type Layer = AckLayer;

    fn config(&self) -> &() {
        &()
    }

    fn middleware(&mut self, _worker: &mut WorkerContext) -> AckLayer {
        AckLayer {
            acks: self.acks.clone(),
            meter: Arc::clone(&self.meter),
        }
    }
}
