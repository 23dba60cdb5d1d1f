//! Settlements that may have to wait for other transactions, each on its own.
//!
//! A task with a unique key that comes back meets a twin that somebody has
//! enqueued and not committed yet, for as long as that transaction is open; a row
//! that a handler's transaction holds can be settled when the server has ended
//! that. No other settlement may wait with those, so they are tried in turn, and
//! each attempt is short.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use jobboard_shared::{
    database::is_refusal,
    queue::db::{self, Attempt},
};
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::{
    acks::{Ack, Freed, Message, count_lost, end_batches, refused},
    meter::Troubles,
    patience::Database,
};

/// Of one attempt.
const WAIT: Duration = Duration::from_millis(20);
const SHORTEST_PAUSE: Duration = Duration::from_millis(20);
/// After a round in which each one was blocked.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// More than this stay in the channel, so that handlers wait in the end.
const MOST_WAITING: usize = 1000;

pub(crate) struct PatientAcker {
    receiver: Mutex<mpsc::Receiver<Message>>,
    freed: Arc<Freed>,
    troubles: Arc<Troubles>,
}

#[derive(Default)]
struct Waiting {
    acks: VecDeque<Ack>,
    flushes: Vec<oneshot::Sender<()>>,
    /// Attempts since the last one that was not blocked.
    blocked: usize,
    pause: Duration,
}

impl Waiting {
    /// What comes anew has its turn before what was blocked.
    fn take(&mut self, message: Message) {
        match message {
            Message::Ack(ack) => {
                self.acks.push_front(*ack);
                self.blocked = 0;
            }
            Message::Flush(done) => self.flushes.push(done),
        }
    }
}

impl PatientAcker {
    pub(crate) fn new(
        receiver: mpsc::Receiver<Message>,
        freed: Arc<Freed>,
        troubles: Arc<Troubles>,
    ) -> Self {
        Self {
            receiver: Mutex::new(receiver),
            freed,
            troubles,
        }
    }

    /// Ends once `done` is cancelled and nothing waits.
    pub(crate) async fn run(&self, db: &Database, done: &CancellationToken) {
        let mut receiver = self.receiver.lock().await;
        let mut waiting = Waiting::default();
        loop {
            if waiting.acks.is_empty() {
                for done in waiting.flushes.drain(..) {
                    // Who waited may have been dropped.
                    let _ = done.send(());
                }
                let received = tokio::select! {
                    biased;
                    received = receiver.recv() => received,
                    () = done.cancelled() => None,
                };
                let Some(message) = received else { return };
                waiting.take(message);
            }
            while waiting.acks.len() < MOST_WAITING
                && let Ok(message) = receiver.try_recv()
            {
                waiting.take(message);
            }
            self.settle_next(db, &mut waiting).await;
            if waiting.blocked > 0 && waiting.blocked >= waiting.acks.len() {
                waiting.pause = (waiting.pause * 2).clamp(SHORTEST_PAUSE, LONGEST_PAUSE);
                tokio::select! {
                    Some(message) = receiver.recv(), if waiting.acks.len() < MOST_WAITING => {
                        waiting.take(message);
                    }
                    () = tokio::time::sleep(waiting.pause) => waiting.blocked = 0,
                }
            }
        }
    }

    async fn settle_next(&self, db: &Database, waiting: &mut Waiting) {
        let Some(ack) = waiting.acks.pop_front() else {
            return;
        };
        let tried = db.ask(async |conn| db::try_settle(conn, &ack.ended, WAIT).await);
        match tried.await {
            Ok(Attempt::Blocked) => {
                let id = ack.ended.0.id;
                tracing::debug!(task = %id, "another transaction keeps it from being settled");
                waiting.acks.push_back(ack);
                waiting.blocked += 1;
                return;
            }
            Ok(Attempt::Settled) => {}
            Ok(Attempt::Lost) => count_lost(&self.troubles, 1),
            Err(error) if is_refusal(&error) => refused(&ack.ended.0, &error),
            Err(error) => {
                tracing::error!(tasks = waiting.acks.len() + 1, %error, "cannot settle yet");
                waiting.acks.push_back(ack);
                // As if all were blocked: the same would happen to them.
                waiting.blocked = waiting.acks.len();
                return;
            }
        }
        waiting.blocked = 0;
        waiting.pause = Duration::ZERO;
        self.freed.ring(db).await;
        let batch = ack.rest.batch;
        drop(ack);
        if let Some(batch) = batch {
            end_batches(db, &[batch]).await;
        }
    }
}
