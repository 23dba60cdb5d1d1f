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
    database::{is_refusal, waited_in_vain},
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
    patient_acks::PatientAcker,
};
use crate::TaskError;

const LARGEST_BATCH: usize = 500;
/// Settlements that may wait for the acker before handlers wait too.
const LEAST_CAPACITY: usize = 256;
/// After a batch of so many, the next waits a little for its company: of tasks
/// fetched together, the first to end would else have a commit to itself.
const BUSY_BATCH: usize = 50;
const GATHERING: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// A lease and how it ends, as [`db::settle`] takes it.
pub(crate) type Ended = (LeaseKey, bool, Settlement);

/// One settlement on its way.
pub(crate) struct Ack {
    pub(crate) ended: Ended,
    pub(crate) rest: Rest,
}

/// What goes with a settlement until it is committed.
pub(crate) struct Rest {
    pub(crate) batch: Option<BatchId>,
    /// The lease is renewed until then.
    _held: Arc<Held>,
}

impl Ack {
    pub(crate) fn new(task: &LeasedTask, held: Arc<Held>, settlement: Settlement) -> Self {
        Self {
            ended: (task.key, task.unique, settlement),
            rest: Rest {
                batch: task.batch,
                _held: held,
            },
        }
    }

    /// Whether it has to wait while a transaction that has enqueued the task's
    /// twin is open.
    fn may_wait_for_a_twin(&self) -> bool {
        matches!(self.ended, (_, true, Settlement::Again { .. }))
    }
}

pub(crate) enum Message {
    Ack(Box<Ack>),
    Flush(oneshot::Sender<()>),
}

/// Takes acks for an [`Acker`]; waits when it is far behind.
#[derive(Clone)]
pub(crate) struct Acks {
    prompt: mpsc::Sender<Message>,
    patient: mpsc::Sender<Message>,
}

impl Acks {
    pub(crate) fn channel(slots: usize, freed: Freed, troubles: Arc<Troubles>) -> (Self, Acker) {
        let freed = Arc::new(freed);
        let capacity = (4 * slots).max(LEAST_CAPACITY);
        let (prompt, receiver) = mpsc::channel(capacity);
        let (patient, patient_receiver) = mpsc::channel(capacity);
        let acker = Acker {
            receiver: Mutex::new(receiver),
            patient: patient.clone(),
            patient_acker: PatientAcker::new(
                patient_receiver,
                Arc::clone(&freed),
                Arc::clone(&troubles),
            ),
            freed,
            troubles,
        };
        (Self { prompt, patient }, acker)
    }

    pub(crate) async fn send(&self, ack: Ack) {
        let lane = match ack.may_wait_for_a_twin() {
            true => &self.patient,
            false => &self.prompt,
        };
        pass_on(lane, ack).await;
    }

    /// Waits until everything sent before is committed or given up.
    pub(crate) async fn flush(&self) {
        // The first one may hand over to the second one.
        for lane in [&self.prompt, &self.patient] {
            let (done, flushed) = oneshot::channel();
            if lane.send(Message::Flush(done)).await.is_ok() {
                // An error means that the acker is gone, with nothing left to wait for.
                let _ = flushed.await;
            }
        }
    }
}

async fn pass_on(lane: &mpsc::Sender<Message>, ack: Ack) {
    let id = ack.ended.0.id;
    if lane.send(Message::Ack(Box::new(ack))).await.is_err() {
        tracing::error!(task = %id, "cannot settle: the lease will run out");
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
    pub(crate) async fn ring(&self, db: &Database) {
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
/// What may have to wait for other transactions is committed beside, so that
/// nothing waits with it.
pub(crate) struct Acker {
    receiver: Mutex<mpsc::Receiver<Message>>,
    patient: mpsc::Sender<Message>,
    patient_acker: PatientAcker,
    freed: Arc<Freed>,
    troubles: Arc<Troubles>,
}

impl Acker {
    /// Ends once `done` is cancelled and nothing waits.
    pub(crate) async fn run(&self, db: &Database, done: &CancellationToken) {
        tokio::join!(
            self.run_promptly(db, done),
            self.patient_acker.run(db, done)
        );
    }

    async fn run_promptly(&self, db: &Database, done: &CancellationToken) {
        let mut receiver = self.receiver.lock().await;
        let mut messages = Vec::with_capacity(LARGEST_BATCH);
        let mut busy = false;
        loop {
            let received = tokio::select! {
                biased;
                received = receiver.recv_many(&mut messages, LARGEST_BATCH) => received,
                () = done.cancelled() => return,
            };
            if received == 0 {
                return;
            }
            if busy && received < BUSY_BATCH {
                tokio::time::sleep(GATHERING).await;
                while messages.len() < LARGEST_BATCH
                    && let Ok(message) = receiver.try_recv()
                {
                    messages.push(message);
                }
            }
            busy = messages.len() >= BUSY_BATCH;
            let mut batch = Vec::with_capacity(messages.len());
            let mut flushes = Vec::new();
            for message in messages.drain(..) {
                match message {
                    Message::Ack(ack) => batch.push(*ack),
                    Message::Flush(done) => flushes.push(done),
                }
            }
            if !batch.is_empty() {
                self.commit(db, batch).await;
                self.freed.ring(db).await;
            }
            for done in flushes {
                // Who waited may have been dropped.
                let _ = done.send(());
            }
        }
    }

    /// Returns when each is committed, handed over, or refused by the database on
    /// its own.
    async fn commit(&self, db: &Database, batch: Vec<Ack>) {
        let batches: BTreeSet<_> = batch.iter().filter_map(|ack| ack.rest.batch).collect();
        let (ended, rests): (Vec<Ended>, Vec<Rest>) =
            batch.into_iter().map(|ack| (ack.ended, ack.rest)).unzip();
        match (
            settle_at_last(db, &self.troubles, &ended).await,
            ended.as_slice(),
        ) {
            (Ok(()), _) => {}
            (Err(error), [(key, ..)]) if is_refusal(&error) => refused(key, &error),
            // One of them is at fault, or a transaction holds one (of a handler
            // that was aborted, say): none may keep the others.
            (Err(error), _) => {
                tracing::warn!(tasks = ended.len(), %error, "settling each alone");
                for (ended, rest) in ended.into_iter().zip(rests) {
                    pass_on(&self.patient, Ack { ended, rest }).await;
                }
                return;
            }
        }
        drop(rests);
        if !batches.is_empty() {
            end_batches(db, &batches.into_iter().collect::<Vec<_>>()).await;
        }
    }
}

/// Logs a settlement that the database will never take.
pub(crate) fn refused(key: &LeaseKey, error: &sqlx::Error) {
    tracing::error!(task = %key.id, %error, "cannot settle: the lease will run out");
}

pub(crate) async fn end_batches(db: &Database, batches: &[BatchId]) {
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

/// Fails only where the database refuses the settlements themselves, or where a
/// lock was waited for in vain. Tries for as long as it is away, restarts or has other troubles: the leases, if they
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
                    count_lost(troubles, lost);
                }
                return Ok(());
            }
            Err(error) if is_refusal(&error) || waited_in_vain(&error) => return Err(error),
            Err(error) => {
                tracing::error!(tasks = ended.len(), %error, "cannot settle yet");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
}

pub(crate) fn count_lost(troubles: &Troubles, lost: usize) {
    Troubles::count(&troubles.lost_unsettled, lost);
    tracing::warn!(lost, "leases were lost before their tasks were settled");
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
            acks.send(Ack::new(&about, held, settlement)).await;
            drop(slot);
            Ok(())
        })
    }
}
