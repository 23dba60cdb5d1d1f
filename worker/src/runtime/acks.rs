//! Settling what has run, many in one statement.

use std::{
    collections::BTreeSet,
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::{Duration, Instant},
};

use apalis_core::{error::BoxDynError, task::Task};
use futures::future::BoxFuture;
use jobboard_shared::{
    database::is_refusal,
    queue::{BatchId, LeaseKey, LeasedTask, Settlement, db},
};
use tokio::sync::{Mutex, Notify, mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tower::{Layer, Service};

use super::{
    backend::Envelope,
    dispatch::{Ending, settlement},
    leases::Held,
    meter::{Outcome, QueueMeter, Troubles},
    patience::Database,
};
use crate::TaskError;

const LARGEST_BATCH: usize = 500;
/// Settlements that may wait for the acker before handlers wait too.
const LEAST_CAPACITY: usize = 256;
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// One settlement on its way. Its lease is renewed until it is committed.
pub(crate) struct Ack {
    pub(crate) task: LeasedTask,
    pub(crate) held: Arc<Held>,
    pub(crate) settlement: Settlement,
}

enum Message {
    Ack(Box<Ack>),
    Flush(oneshot::Sender<()>),
}

/// Takes acks for an [`Acker`]; waits when it is far behind.
#[derive(Clone)]
pub(crate) struct Acks(mpsc::Sender<Message>);

impl Acks {
    pub(crate) fn channel(slots: usize, freed: Freed, troubles: Arc<Troubles>) -> (Self, Acker) {
        let (sender, receiver) = mpsc::channel((4 * slots).max(LEAST_CAPACITY));
        let receiver = Mutex::new(receiver);
        let acker = Acker {
            receiver,
            freed,
            troubles,
        };
        (Self(sender), acker)
    }

    pub(crate) async fn send(&self, ack: Ack) {
        let id = ack.task.key.id;
        if self.0.send(Message::Ack(Box::new(ack))).await.is_err() {
            tracing::error!(task = %id, "cannot settle: the lease will run out");
        }
    }

    /// Waits until everything sent before is committed or given up.
    pub(crate) async fn flush(&self) {
        let (done, flushed) = oneshot::channel();
        if self.0.send(Message::Flush(done)).await.is_ok() {
            // An error means that the acker is gone, with nothing left to wait for.
            let _ = flushed.await;
        }
    }
}

/// Who waits for the ends of tasks of a queue of which only so many may run.
pub(crate) struct Freed {
    pub(crate) queue: Arc<str>,
    pub(crate) bell: Arc<Notify>,
    /// As the fetcher last saw it.
    pub(crate) bounds_running: Arc<AtomicBool>,
}

impl Freed {
    /// Rings here and at the other workers.
    async fn ring(&self, db: &Database) {
        if !self.bounds_running.load(Ordering::Relaxed) {
            return;
        }
        self.bell.notify_one();
        let rung = db.ask(async |conn| db::operate::wake(conn, &self.queue).await);
        if let Err(error) = rung.await {
            tracing::warn!(queue = &*self.queue, %error, "other workers are not told, they poll");
        }
    }
}

/// Commits acks in batches: whatever came while the last batch was committed.
pub(crate) struct Acker {
    receiver: Mutex<mpsc::Receiver<Message>>,
    freed: Freed,
    troubles: Arc<Troubles>,
}

impl Acker {
    /// Ends when every [`Acks`] is gone, or once `done` is cancelled and nothing
    /// waits.
    pub(crate) async fn run(&self, db: &Database, done: &CancellationToken) {
        let mut receiver = self.receiver.lock().await;
        let mut messages = Vec::with_capacity(LARGEST_BATCH);
        loop {
            let received = tokio::select! {
                biased;
                received = receiver.recv_many(&mut messages, LARGEST_BATCH) => received,
                () = done.cancelled() => return,
            };
            if received == 0 {
                return;
            }
            let mut batch = Vec::with_capacity(messages.len());
            let mut flushes = Vec::new();
            for message in messages.drain(..) {
                match message {
                    Message::Ack(ack) => batch.push(*ack),
                    Message::Flush(done) => flushes.push(done),
                }
            }
            if !batch.is_empty() {
                commit(db, &self.troubles, batch).await;
                self.freed.ring(db).await;
            }
            for done in flushes {
                // Who waited may have been dropped.
                let _ = done.send(());
            }
        }
    }
}

/// A lease and how it ends, as [`db::settle`] takes it.
type Ended = (LeaseKey, bool, Settlement);

/// Returns when each is committed, or refused by the database on its own.
async fn commit(db: &Database, troubles: &Troubles, batch: Vec<Ack>) {
    let batches: BTreeSet<_> = batch.iter().filter_map(|ack| ack.task.batch).collect();
    let (ended, held): (Vec<Ended>, Vec<_>) = batch
        .into_iter()
        .map(|ack| ((ack.task.key, ack.task.unique, ack.settlement), ack.held))
        .unzip();
    if let Err(error) = settle_at_last(db, troubles, &ended).await {
        if let [(key, ..)] = ended.as_slice() {
            tracing::error!(task = %key.id, %error, "cannot settle: the lease will run out");
        } else {
            // One of them may be at fault: none may keep the others.
            for one in &ended {
                if let Err(error) = settle_at_last(db, troubles, std::slice::from_ref(one)).await {
                    tracing::error!(task = %one.0.id, %error, "cannot settle: the lease will run out");
                }
            }
        }
    }
    drop(held);
    if !batches.is_empty() {
        end_batches(db, &batches.into_iter().collect::<Vec<_>>()).await;
    }
}

async fn end_batches(db: &Database, batches: &[BatchId]) {
    let ended = db.ask(async |conn| db::end_batches(conn, batches).await);
    match ended.await {
        Ok(ended) => {
            for batch in ended {
                tracing::info!(batch = batch.0, "batch ended");
            }
        }
        Err(error) => tracing::warn!(%error, "batches are left to the sweep"),
    }
}

/// Fails only where the database refuses the settlements themselves. Tries for
/// as long as it is away, restarts or has other troubles: the leases, if they
/// still hold then, are ours.
async fn settle_at_last(
    db: &Database,
    troubles: &Troubles,
    ended: &[Ended],
) -> Result<(), sqlx::Error> {
    let mut pause = Duration::from_millis(50);
    loop {
        match settle(db, ended).await {
            Ok(settled) => {
                let lost = ended.len().saturating_sub(settled);
                if lost > 0 {
                    Troubles::count(&troubles.lost_unsettled, lost);
                    tracing::warn!(lost, "leases were lost before their tasks were settled");
                }
                return Ok(());
            }
            Err(error) if is_refusal(&error) => return Err(error),
            Err(error) => {
                tracing::error!(tasks = ended.len(), %error, "cannot settle yet");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
}

async fn settle(db: &Database, ended: &[Ended]) -> Result<usize, sqlx::Error> {
    db.ask(async |conn| Ok(db::settle(conn, ended).await?.len()))
        .await
}

/// The outermost of our layers: whatever happens inside becomes an ack.
#[derive(Clone)]
pub(crate) struct AckLayer {
    pub(crate) acks: Acks,
    pub(crate) meter: Arc<QueueMeter>,
}

impl<S> Layer<S> for AckLayer {
    type Service = AckService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        AckService {
            inner,
            acks: self.acks.clone(),
            meter: Arc::clone(&self.meter),
        }
    }
}

pub(crate) struct AckService<S> {
    inner: S,
    acks: Acks,
    meter: Arc<QueueMeter>,
}

impl<S> Service<Task<Envelope>> for AckService<S>
where
    S: Service<Task<Envelope>, Response = Ending, Error = BoxDynError>,
    S::Future: Send + 'static,
{
    type Response = ();
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<(), Infallible>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // An error here would end the worker for good, yet leave it registered;
        // as the error of a call it is a failed attempt.
        self.inner.poll_ready(cx).map(|_| Ok(()))
    }

    fn call(&mut self, mut task: Task<Envelope>) -> Self::Future {
        let (acks, meter) = (self.acks.clone(), Arc::clone(&self.meter));
        let slot = task.args.slot.take();
        let held = Arc::clone(&task.args.held);
        let about = task.args.task.without_args();
        let run = self.inner.call(task);
        let began = Instant::now();
        Box::pin(async move {
            let settlement = match run.await {
                Ok(Ending::Settle(settlement)) => settlement,
                Ok(Ending::Lost) => {
                    meter.record(&about, began.elapsed(), Outcome::Lost);
                    return Ok(());
                }
                Err(error) => settlement(&about, Err(TaskError::Retry(error))),
            };
            meter.record(&about, began.elapsed(), Outcome::of(&settlement));
            acks.send(Ack {
                task: about,
                held,
                settlement,
            })
            .await;
            drop(slot);
            Ok(())
        })
    }
}
