//! Hearing of changes, and knowing how much of them was heard.

use std::{
    io,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use secrecy::{ExposeSecret, SecretString};
use sqlx::{Executor, postgres::PgListener};
use tokio::{
    sync::{Mutex, mpsc, oneshot},
    time::{sleep, timeout},
};
use tokio_util::task::AbortOnDropHandle;
use tracing::{info, warn};

use super::{
    Known,
    topics::{CHANNEL, Change},
};

/// An answer that is given from memory knows all that was committed so long before.
pub const MAX_LAG: Duration = Duration::from_millis(500);
/// What a request waits to hear that it is up to date, before it does without.
const PATIENCE: Duration = Duration::from_millis(50);
/// After which a connection that does not answer is given up.
const ANSWER_LIMIT: Duration = Duration::from_secs(2);
const RECONNECT: Duration = Duration::from_secs(1);

/// Told when all that was committed before has been heard.
type Ask = oneshot::Sender<()>;

/// A connection that listens, opened with the first question.
///
/// Postgres sends what was notified before it answers a statement of the connection
/// that listens. So an answered statement tells that everything committed before it
/// was asked has been heard, and a connection that hangs is not taken for silence.
pub(super) struct Hearing {
    url: SecretString,
    state: Arc<State>,
    asks: mpsc::UnboundedSender<Ask>,
    /// Waits for the first question.
    waiting: Mutex<Option<mpsc::UnboundedReceiver<Ask>>>,
    listening: OnceLock<AbortOnDropHandle<()>>,
}

struct State {
    known: Arc<Known>,
    begun: Instant,
    /// Milliseconds after `begun`; what was heard counts as everything until then.
    fresh_until: AtomicU64,
    is_connected: AtomicBool,
    losses: AtomicU64,
}

impl Hearing {
    pub(super) fn new(url: SecretString, known: Arc<Known>) -> Self {
        let (asks, waiting) = mpsc::unbounded_channel();
        Self {
            url,
            state: Arc::new(State {
                known,
                begun: Instant::now(),
                fresh_until: AtomicU64::new(0),
                is_connected: AtomicBool::new(false),
                losses: AtomicU64::new(0),
            }),
            asks,
            waiting: Mutex::new(Some(waiting)),
            listening: OnceLock::new(),
        }
    }

    pub(super) fn is_connected(&self) -> bool {
        self.state.is_connected.load(SeqCst)
    }

    /// How often the connection was lost.
    pub(super) fn losses(&self) -> u64 {
        self.state.losses.load(SeqCst)
    }

    /// Whether everything is known that was committed [`MAX_LAG`] ago.
    pub(super) async fn is_fresh(&self) -> bool {
        if self.state.is_fresh() {
            return true;
        }
        if !self.is_connected() {
            self.start().await;
            return false;
        }
        self.ask(PATIENCE).await;
        self.state.is_fresh()
    }

    /// Whether changes are heard. Waits a moment for a connection that is being made.
    pub(super) async fn hears(&self) -> bool {
        self.start().await;
        let until = Instant::now() + ANSWER_LIMIT;
        while !self.is_connected() && Instant::now() < until {
            sleep(Duration::from_millis(20)).await;
        }
        self.is_connected() && (self.state.is_fresh() || self.ask(ANSWER_LIMIT).await)
    }

    /// Returns when everything committed before the call is known, or nothing is
    /// answered from memory that does not know it.
    pub(super) async fn catch_up(&self) {
        // Whoever connects later begins with nothing and asks first.
        if self.is_connected() {
            self.ask(MAX_LAG).await;
        }
    }

    /// Whether the answer came in time.
    async fn ask(&self, patience: Duration) -> bool {
        let (told, answer) = oneshot::channel();
        self.asks.send(told).is_ok() && matches!(timeout(patience, answer).await, Ok(Ok(())))
    }

    async fn start(&self) {
        if self.listening.get().is_some() {
            return;
        }
        let Some(asks) = self.waiting.lock().await.take() else {
            return;
        };
        let (url, state) = (self.url.clone(), Arc::clone(&self.state));
        let listening = tokio::spawn(async move { state.listen(&url, asks).await });
        let _ = self.listening.set(AbortOnDropHandle::new(listening));
    }
}

impl State {
    fn is_fresh(&self) -> bool {
        (self.begun.elapsed().as_millis() as u64) < self.fresh_until.load(SeqCst)
    }

    async fn listen(&self, url: &SecretString, mut asks: mpsc::UnboundedReceiver<Ask>) {
        let mut is_news = true;
        loop {
            let result = self.listen_once(url, &mut asks).await;
            self.fresh_until.store(0, SeqCst);
            if self.is_connected.swap(false, SeqCst) {
                self.losses.fetch_add(1, SeqCst);
                is_news = true;
            }
            if let (Err(error), true) = (&result, is_news) {
                warn!(%error, "changes are not heard: no answers are taken from memory");
                is_news = false;
            }
            // Whoever asked is told by the end of their question.
            while asks.try_recv().is_ok() {}
            sleep(RECONNECT).await;
        }
    }

    async fn listen_once(
        &self,
        url: &SecretString,
        asks: &mut mpsc::UnboundedReceiver<Ask>,
    ) -> Result<(), sqlx::Error> {
        let mut listener = in_time(PgListener::connect(url.expose_secret())).await?;
        listener.eager_reconnect(false);
        in_time(listener.listen(CHANNEL)).await?;
        // Of what changed before, nothing was heard.
        self.known.change(&Change::Everything).await;
        self.is_connected.store(true, SeqCst);
        info!("changes are heard: answers are kept in memory");
        loop {
            let mut asked = Vec::new();
            tokio::select! {
                received = listener.try_recv() => {
                    let Some(first) = received? else {
                        return Err(sqlx::Error::Io(io::ErrorKind::ConnectionReset.into()));
                    };
                    let heard = Change::read(first.payload());
                    self.hear(&mut listener, Some(heard)).await;
                    continue;
                }
                Some(ask) = asks.recv() => asked.push(ask),
            }
            while let Ok(ask) = asks.try_recv() {
                asked.push(ask);
            }
            let until = self.begun.elapsed() + MAX_LAG;
            in_time(listener.execute("select")).await?;
            self.hear(&mut listener, None).await;
            self.fresh_until.store(until.as_millis() as u64, SeqCst);
            for ask in asked {
                // They may have lost patience.
                let _ = ask.send(());
            }
        }
    }

    /// Notes what came, with all that came along.
    async fn hear(&self, listener: &mut PgListener, first: Option<Change>) {
        let mut heard = first;
        while let Some(next) = listener.next_buffered() {
            let next = Change::read(next.payload());
            heard = Some(match heard {
                Some(heard) => heard.and(next),
                None => next,
            });
        }
        if let Some(heard) = heard {
            self.known.change(&heard).await;
        }
    }
}

async fn in_time<T>(work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    timeout(ANSWER_LIMIT, work)
        .await
        .unwrap_or_else(|_| Err(sqlx::Error::Io(io::ErrorKind::TimedOut.into())))
}
