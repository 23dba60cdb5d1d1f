//! What must be true of the queue.

use std::collections::BTreeMap;

use jobboard_shared::queue::{Again, BatchId, LeasedTask, Settlement, TaskId};
use proptest::{prelude::*, test_runner::TestCaseError};

use super::MAX_ATTEMPTS;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Pending,
    Running {
        cancel_requested: bool,
    },
    Done,
    Cancelled,
    Dead,
    /// Another pending task of its key stands for it.
    Merged,
}

/// A key of the batch, or one of all others.
pub(super) type Key = (bool, u8);

#[derive(Clone, Debug)]
pub(super) struct Modelled {
    pub(super) key: Option<Key>,
    pub(super) member: bool,
    pub(super) state: State,
    pub(super) fence: i64,
    pub(super) attempt: i16,
}

pub(super) struct Model {
    pub(super) tasks: BTreeMap<TaskId, Modelled>,
    pub(super) leases: Vec<LeasedTask>,
    pub(super) paused: bool,
    pub(super) max_running: Option<u8>,
    pub(super) batch: BatchId,
    pub(super) batch_ended: bool,
}

pub(super) type Checked = Result<(), TestCaseError>;

impl Model {
    pub(super) fn new(batch: BatchId) -> Self {
        Self {
            tasks: BTreeMap::new(),
            leases: Vec::new(),
            paused: false,
            max_running: None,
            batch,
            batch_ended: false,
        }
    }

    pub(super) fn running(&self) -> usize {
        let states = self.tasks.values().map(|task| task.state);
        states
            .filter(|state| matches!(state, State::Running { .. }))
            .count()
    }

    pub(super) fn has_open_members(&self) -> bool {
        self.tasks
            .values()
            .any(|task| task.member && matches!(task.state, State::Pending | State::Running { .. }))
    }

    /// A new task, unless it merged into the pending one of its key.
    pub(super) fn enqueued(&mut self, id: TaskId, key: Option<Key>, member: bool) -> Checked {
        if let Some(twin) = self.pending_of(key) {
            prop_assert_eq!(id, twin, "merged into the pending one");
            return Ok(());
        }
        let new = Modelled {
            key,
            member,
            state: State::Pending,
            fence: 0,
            attempt: 0,
        };
        prop_assert!(self.tasks.insert(id, new).is_none(), "a new id");
        Ok(())
    }

    pub(super) fn pending_of(&self, key: Option<Key>) -> Option<TaskId> {
        let key = key?;
        self.tasks
            .iter()
            .find(|(_, task)| task.key == Some(key) && task.state == State::Pending)
            .map(|(id, _)| *id)
    }

    pub(super) fn task(&mut self, id: TaskId) -> Result<&mut Modelled, TestCaseError> {
        self.tasks
            .get_mut(&id)
            .ok_or_else(|| TestCaseError::fail(format!("task {id} was never enqueued")))
    }

    pub(super) fn leased(&mut self, leased: Vec<LeasedTask>) -> Checked {
        prop_assert!(leased.is_empty() || !self.paused, "leased while paused");
        for lease in leased {
            let task = self.task(lease.key.id)?;
            prop_assert_eq!(task.state, State::Pending);
            prop_assert_eq!(lease.key.fence, task.fence + 1, "the fence goes up by one");
            prop_assert_eq!(lease.attempt, task.attempt + 1);
            prop_assert!(lease.attempt <= MAX_ATTEMPTS, "attempts are bounded");
            task.fence = lease.key.fence;
            task.attempt = lease.attempt;
            task.state = State::Running {
                cancel_requested: false,
            };
            self.leases.push(lease);
        }
        Ok(())
    }

    pub(super) fn holds(&self, lease: &LeasedTask) -> bool {
        self.tasks.get(&lease.key.id).is_some_and(|task| {
            matches!(task.state, State::Running { .. }) && task.fence == lease.key.fence
        })
    }

    /// The end of a lease that holds.
    pub(super) fn ended(&mut self, id: TaskId, settlement: &Settlement) -> Checked {
        let task = self.task(id)?.clone();
        let State::Running { cancel_requested } = task.state else {
            return Err(TestCaseError::fail(format!("task {id} did not run")));
        };
        let back = match settlement {
            Settlement::Done => return self.set(id, State::Done),
            _ if cancel_requested => return self.set(id, State::Cancelled),
            Settlement::Cancelled => return self.set(id, State::Cancelled),
            Settlement::Dead { .. } => return self.set(id, State::Dead),
            Settlement::Again { why, .. } => why,
        };
        let attempt = match back {
            Again::Snoozed | Again::Released => task.attempt - 1,
            Again::Failed { .. } | Again::Lapsed { .. } => task.attempt,
        };
        self.come_back(id, task.key, attempt)
    }

    /// Becomes pending, or merges into what is pending for its key.
    pub(super) fn come_back(&mut self, id: TaskId, key: Option<Key>, attempt: i16) -> Checked {
        if let Some(twin) = self.pending_of(key) {
            let twin = self.task(twin)?;
            twin.attempt = twin.attempt.max(attempt);
            return self.set(id, State::Merged);
        }
        let task = self.task(id)?;
        task.attempt = attempt;
        task.state = State::Pending;
        Ok(())
    }

    pub(super) fn set(&mut self, id: TaskId, state: State) -> Checked {
        self.task(id)?.state = state;
        Ok(())
    }
}
