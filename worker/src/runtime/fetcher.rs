//! Leasing tasks for free slots.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use jobboard_shared::queue::{LeasedTask, db};
use sqlx::PgConnection;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use super::{backend::Envelope, leases::Leases, meter::Meter, patience::Database};

const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How often a busy queue looks for suspects.
const SUSPECT_RHYTHM: Duration = Duration::from_secs(1);

/// At a high rate several tasks start together rather than each on its own.
const SHORTEST_WAIT: Duration = Duration::from_millis(10);

enum Next {
    /// There may be more to fetch at once.
    More,
    /// Nothing before the bell or this time.
    Wait(Duration),
}

/// How often a busy queue is fetched from its start, at least, and how many times
/// longer than that takes it is left alone.
const START_RHYTHM: Duration = Duration::from_millis(100);
const START_SHARE: u32 = 20;

/// What earlier fetches of a queue found.
#[derive(Default)]
struct Seen {
    /// When no suspect was due.
    no_suspects: Option<Instant>,
    /// The last task of the last fetch.
    place: Option<db::Place>,
    /// Until when there is no need to fetch from the start: what is pending
    /// before `place` was locked, or has come since.
    started_until: Option<Instant>,
}

impl Seen {
    /// Where to go on without looking at what comes before.
    fn place(&self) -> Option<db::Place> {
        self.place.filter(|_| {
            self.started_until
                .is_some_and(|until| Instant::now() < until)
        })
    }

    /// A fetch from the start began then and came to that place.
    fn all(&mut self, begun: Instant, last: Option<db::Place>) {
        let pause = (begun.elapsed() * START_SHARE).max(START_RHYTHM);
        self.started_until = Some(Instant::now() + pause);
        self.place = last.or(self.place);
    }
}

/// What all queues of a process share.
#[derive(Clone)]
pub(crate) struct Station {
    pub(crate) db: Database,
    /// Names this process in leases.
    pub(crate) worker: Arc<str>,
    pub(crate) lease: Duration,
    /// How long an idle queue waits for a bell.
    pub(crate) poll: Duration,
    pub(crate) leases: Arc<Leases>,
    pub(crate) meter: Meter,
    /// One suspect at a time in the whole process.
    pub(crate) suspects: Arc<Semaphore>,
    /// No new work.
    pub(crate) closing: CancellationToken,
    /// No more time for running work.
    pub(crate) stop: CancellationToken,
}

/// What a running task occupies.
#[derive(Debug)]
pub(crate) struct Slot {
    _slot: OwnedSemaphorePermit,
    suspect: Option<(OwnedSemaphorePermit, Arc<Notify>)>,
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some((permit, bell)) = self.suspect.take() {
            drop(permit);
            bell.notify_one();
        }
    }
}

pub(crate) struct Fetcher {
    pub(crate) station: Station,
    pub(crate) queue: Arc<str>,
    pub(crate) slots: Arc<Semaphore>,
    pub(crate) bell: Arc<Notify>,
    /// Whether the queue was last seen with limits.
    pub(crate) limited: AtomicBool,
    /// Whether one of them is a number of running tasks.
    pub(crate) bounds_running: Arc<AtomicBool>,
    pub(crate) tasks: mpsc::UnboundedSender<Envelope>,
    /// Cancelled with the backend, or for all at a shutdown.
    pub(crate) closing: CancellationToken,
}

impl Fetcher {
    /// Fetches until closing. Drops no fetch half way but one that is not answered:
    /// the rows stay leased with nobody to run them.
    pub(crate) async fn run(&self) {
        let mut pause = Duration::from_millis(100);
        let mut seen = Seen::default();
        while let Some(free) = self.free_slots().await {
            let fetched = self
                .station
                .db
                .ask(async |conn| self.fetch(conn, free, &mut seen).await);
            match fetched.await {
                Ok(Next::More) => pause = Duration::from_millis(100),
                Ok(Next::Wait(wait)) => {
                    tokio::select! {
                        () = self.closing.cancelled() => return,
                        () = self.bell.notified() => {}
                        () = tokio::time::sleep(wait.min(self.station.poll)) => {}
                    }
                }
                Err(error) => {
                    tracing::error!(queue = &*self.queue, %error, "cannot fetch tasks");
                    tokio::select! {
                        () = self.closing.cancelled() => return,
                        () = tokio::time::sleep(pause) => {}
                    }
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    }

    /// All free slots, at least one; none when closing.
    async fn free_slots(&self) -> Option<OwnedSemaphorePermit> {
        let mut free = tokio::select! {
            biased;
            () = self.closing.cancelled() => return None,
            permit = Arc::clone(&self.slots).acquire_owned() => permit.ok()?,
        };
        while let Ok(more) = Arc::clone(&self.slots).try_acquire_owned() {
            free.merge(more);
        }
        Some(free)
    }

    /// Fetches for free slots; whether all were filled, so that there may be
    /// more.
    async fn fetch(
        &self,
        conn: &mut PgConnection,
        mut free: OwnedSemaphorePermit,
        seen: &mut Seen,
    ) -> Result<Next, sqlx::Error> {
        if self.limited.load(Ordering::Relaxed) {
            return self.fetch_limited(conn, free).await;
        }
        let Station { worker, lease, .. } = &self.station;
        let asked = Instant::now();
        if seen
            .no_suspects
            .is_none_or(|at| at.elapsed() > SUSPECT_RHYTHM)
            && let Ok(alone) = Arc::clone(&self.station.suspects).try_acquire_owned()
        {
            let suspect = db::lease_suspect(conn, &self.queue, worker, *lease).await?;
            // After one the next follows as soon as it has ended.
            seen.no_suspects = suspect.is_none().then(Instant::now);
            if let Some(task) = suspect {
                self.hand_over(task, &mut free, Some(alone), asked);
            }
        }
        if let Some(place) = seen.place() {
            let wanted = free.num_permits();
            let (tasks, last) =
                db::lease_after(conn, place, &self.queue, worker, *lease, wanted).await?;
            seen.place = last.max(seen.place);
            for task in tasks {
                self.hand_over(task, &mut free, None, asked);
            }
        }
        let wanted = free.num_permits();
        if wanted == 0 {
            return Ok(Next::More);
        }
        let begun = Instant::now();
        let start = db::Place::START;
        let (tasks, last) =
            db::lease_after(conn, start, &self.queue, worker, *lease, wanted).await?;
        seen.all(begun, last);
        if tasks.is_empty() && db::is_limited(conn, &self.queue).await? {
            self.limited.store(true, Ordering::Relaxed);
            return self.fetch_limited(conn, free).await;
        }
        let filled = tasks.len() == wanted;
        for task in tasks {
            self.hand_over(task, &mut free, None, asked);
        }
        Ok(if filled {
            Next::More
        } else {
            Next::Wait(self.station.poll)
        })
    }

    /// Fetches what the limits of the queue allow. Other workers ring when they
    /// have settled one of its tasks.
    async fn fetch_limited(
        &self,
        conn: &mut PgConnection,
        mut free: OwnedSemaphorePermit,
    ) -> Result<Next, sqlx::Error> {
        let Station { worker, lease, .. } = &self.station;
        let asked = Instant::now();
        let alone = Arc::clone(&self.station.suspects).try_acquire_owned().ok();
        let wanted = free.num_permits();
        let leased =
            db::lease_limited(conn, &self.queue, worker, *lease, wanted, alone.is_some()).await?;
        let bounds_running = leased.as_ref().is_some_and(|leased| leased.bounds_running);
        self.bounds_running.store(bounds_running, Ordering::Relaxed);
        let Some(leased) = leased else {
            self.limited.store(false, Ordering::Relaxed);
            return Ok(Next::More);
        };
        let filled = leased.tasks.len() + usize::from(leased.suspect.is_some()) == wanted;
        if let Some(suspect) = leased.suspect {
            self.hand_over(suspect, &mut free, alone, asked);
        }
        for task in leased.tasks {
            self.hand_over(task, &mut free, None, asked);
        }
        Ok(match leased.wait {
            Some(wait) => Next::Wait(wait.max(SHORTEST_WAIT)),
            None if filled => Next::More,
            None => Next::Wait(self.station.poll),
        })
    }

    fn hand_over(
        &self,
        task: LeasedTask,
        free: &mut OwnedSemaphorePermit,
        alone: Option<OwnedSemaphorePermit>,
        asked: Instant,
    ) {
        let held = (self.station.leases).register(task.key, asked, &self.station.stop);
        let slot = free.split(1).map(|slot| Slot {
            _slot: slot,
            suspect: alone.map(|permit| (permit, Arc::clone(&self.bell))),
        });
        let envelope = Envelope {
            task,
            held: Arc::new(held),
            slot,
        };
        if self.tasks.send(envelope).is_err() {
            tracing::error!(queue = &*self.queue, "a fetched task found its worker gone");
        }
    }
}
