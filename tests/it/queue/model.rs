//! Random histories against a model: whatever happens in whatever order, no
//! task is lost, the fence of each only grows, at most one per key is pending,
//! attempts are bounded, and who lost a lease changes nothing.

use std::{collections::BTreeMap, time::Duration};

use jobboard_shared::queue::{
    Again, DeathReason, LeasedTask, Settlement, Task, TaskId,
    db::{self, Cancelled, operate},
    enqueue_in,
};
use proptest::{
    prelude::*,
    test_runner::{Config, TestCaseError, TestRunner},
};

use super::{LEASE, Plain, Queue, Unique};

/// Of both kinds of task.
const MAX_ATTEMPTS: i16 = Plain::MAX_ATTEMPTS;

#[derive(Clone, Copy, Debug)]
enum How {
    Done,
    Fail,
    Snooze,
    Release,
    GiveUp,
    Cancelled,
}

#[derive(Clone, Debug)]
enum Step {
    Enqueue {
        key: Option<u8>,
        delay: u8,
    },
    Lease {
        limit: usize,
    },
    LeaseSuspect,
    /// One of all leases ever taken, so most often one that is lost.
    Settle {
        lease: prop::sample::Index,
        how: How,
    },
    Advance {
        seconds: u8,
    },
    Rescue,
    Heartbeat,
    Cancel {
        task: prop::sample::Index,
    },
    Pause(bool),
    Retry {
        task: prop::sample::Index,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let how = prop_oneof![
        3 => Just(How::Done),
        4 => Just(How::Fail),
        2 => Just(How::Snooze),
        2 => Just(How::Release),
        1 => Just(How::GiveUp),
        1 => Just(How::Cancelled),
    ];
    prop_oneof![
        6 => (prop::option::weighted(0.7, 0_u8..2), prop_oneof![Just(0_u8), Just(10)])
            .prop_map(|(key, delay)| Step::Enqueue { key, delay }),
        6 => (1_usize..3).prop_map(|limit| Step::Lease { limit }),
        2 => Just(Step::LeaseSuspect),
        8 => (any::<prop::sample::Index>(), how)
            .prop_map(|(lease, how)| Step::Settle { lease, how }),
        4 => (1_u8..45).prop_map(|seconds| Step::Advance { seconds }),
        3 => Just(Step::Rescue),
        2 => Just(Step::Heartbeat),
        2 => any::<prop::sample::Index>().prop_map(|task| Step::Cancel { task }),
        1 => any::<bool>().prop_map(Step::Pause),
        1 => any::<prop::sample::Index>().prop_map(|task| Step::Retry { task }),
    ]
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
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

#[derive(Clone, Debug)]
struct Modelled {
    key: Option<u8>,
    state: State,
    fence: i64,
    attempt: i16,
}

/// What must be true of the queue.
#[derive(Default)]
struct Model {
    tasks: BTreeMap<TaskId, Modelled>,
    leases: Vec<LeasedTask>,
    paused: bool,
}

type Checked = Result<(), TestCaseError>;

impl Model {
    fn pending_of(&self, key: Option<u8>) -> Option<TaskId> {
        let key = key?;
        self.tasks
            .iter()
            .find(|(_, task)| task.key == Some(key) && task.state == State::Pending)
            .map(|(id, _)| *id)
    }

    fn task(&mut self, id: TaskId) -> Result<&mut Modelled, TestCaseError> {
        self.tasks
            .get_mut(&id)
            .ok_or_else(|| TestCaseError::fail(format!("task {id} was never enqueued")))
    }

    fn leased(&mut self, leased: Vec<LeasedTask>) -> Checked {
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

    fn holds(&self, lease: &LeasedTask) -> bool {
        self.tasks.get(&lease.key.id).is_some_and(|task| {
            matches!(task.state, State::Running { .. }) && task.fence == lease.key.fence
        })
    }

    /// The end of a lease that holds.
    fn ended(&mut self, id: TaskId, settlement: &Settlement) -> Checked {
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
    fn come_back(&mut self, id: TaskId, key: Option<u8>, attempt: i16) -> Checked {
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

    fn set(&mut self, id: TaskId, state: State) -> Checked {
        self.task(id)?.state = state;
        Ok(())
    }
}

fn settlement(how: How, lease: &LeasedTask) -> Settlement {
    let again = |why| Settlement::Again {
        delay: Duration::from_secs(3),
        why,
    };
    let error = "failed".to_owned();
    match how {
        How::Done => Settlement::Done,
        How::Fail if lease.is_last_attempt() => Settlement::Dead {
            reason: DeathReason::Attempts,
            error,
        },
        How::Fail => again(Again::Failed { error }),
        How::Snooze => again(Again::Snoozed),
        How::Release => again(Again::Released),
        How::GiveUp => Settlement::Dead {
            reason: DeathReason::GaveUp,
            error,
        },
        How::Cancelled => Settlement::Cancelled,
    }
}

async fn take(queue: &Queue, model: &mut Model, step: &Step) -> Checked {
    let mut conn = queue.db.acquire().await.unwrap();
    match step {
        Step::Enqueue { key, delay } => {
            let delay = Duration::from_secs(u64::from(*delay));
            let id = match key {
                Some(key) => {
                    let task = Unique::named(&key.to_string());
                    enqueue_in(&mut conn, &task, delay).await
                }
                None => enqueue_in(&mut conn, &Plain { n: 1 }, delay).await,
            }
            .unwrap();
            match model.pending_of(*key) {
                Some(twin) => prop_assert_eq!(id, twin, "merged into the pending one"),
                None => {
                    let new = Modelled {
                        key: *key,
                        state: State::Pending,
                        fence: 0,
                        attempt: 0,
                    };
                    prop_assert!(model.tasks.insert(id, new).is_none(), "a new id");
                }
            }
        }
        Step::Lease { limit } => {
            let leased = queue.lease(*limit).await;
            prop_assert!(leased.len() <= *limit);
            model.leased(leased)?;
        }
        Step::LeaseSuspect => {
            let leased = db::lease_suspect(&mut conn, "default", "test", LEASE).await;
            model.leased(leased.unwrap().into_iter().collect())?;
        }
        Step::Settle { lease, how } if !model.leases.is_empty() => {
            let lease = lease.get(&model.leases).clone();
            let settlement = settlement(*how, &lease);
            let settled = queue.settle(&lease, settlement.clone()).await;
            if model.holds(&lease) {
                prop_assert_eq!(settled, vec![lease.key.id]);
                model.ended(lease.key.id, &settlement)?;
            } else {
                prop_assert!(settled.is_empty(), "the lease was lost");
            }
        }
        Step::Advance { seconds } => {
            queue
                .advance(Duration::from_secs(u64::from(*seconds)))
                .await;
        }
        Step::Rescue => {
            for lapse in queue.rescue().await {
                let settlement = if lapse.dead {
                    let task = model.task(lapse.id)?;
                    prop_assert_eq!(task.attempt, MAX_ATTEMPTS);
                    Settlement::Dead {
                        reason: DeathReason::Attempts,
                        error: String::new(),
                    }
                } else {
                    Settlement::Again {
                        delay: Duration::ZERO,
                        why: Again::Lapsed {
                            error: String::new(),
                            suspect: false,
                        },
                    }
                };
                model.ended(lapse.id, &settlement)?;
            }
        }
        Step::Heartbeat => {
            let keys: Vec<_> = model.leases.iter().map(|lease| lease.key).collect();
            let held = db::heartbeat(&mut conn, &keys, LEASE).await.unwrap();
            let mut held: Vec<_> = held.iter().map(|h| (h.key.id, h.key.fence)).collect();
            held.sort_unstable();
            let mut ours: Vec<_> = model.leases.iter().filter(|l| model.holds(l)).collect();
            ours.sort_unstable_by_key(|lease| lease.key.id);
            let ours: Vec<_> = ours.iter().map(|l| (l.key.id, l.key.fence)).collect();
            prop_assert_eq!(held, ours, "exactly the leases that hold");
        }
        Step::Cancel { task } if !model.tasks.is_empty() => {
            let ids: Vec<_> = model.tasks.keys().copied().collect();
            let id = *task.get(&ids);
            let cancelled = db::cancel(&mut conn, id).await.unwrap();
            let task = model.task(id)?;
            let (expected, state) = match task.state {
                State::Pending => (Cancelled::AtOnce, State::Cancelled),
                State::Running { .. } => {
                    let cancel_requested = true;
                    (Cancelled::Requested, State::Running { cancel_requested })
                }
                ended => (Cancelled::NotFound, ended),
            };
            prop_assert_eq!(cancelled, expected);
            task.state = state;
        }
        Step::Pause(paused) => {
            if *paused {
                operate::pause(&mut conn, "default").await.unwrap();
            } else {
                operate::resume(&mut conn, "default").await.unwrap();
            }
            model.paused = *paused;
        }
        Step::Retry { task } if !model.tasks.is_empty() => {
            let ids: Vec<_> = model.tasks.keys().copied().collect();
            let id = *task.get(&ids);
            let retried = operate::retry(&mut conn, &[id]).await.unwrap();
            let task = model.task(id)?.clone();
            prop_assert_eq!(retried.len(), usize::from(task.state == State::Dead));
            if task.state == State::Dead {
                model.come_back(id, task.key, 0)?;
            }
        }
        Step::Settle { .. } | Step::Cancel { .. } | Step::Retry { .. } => {}
    }
    Ok(())
}

/// Every task is where the model says, once, and nothing else is anywhere.
async fn compare(queue: &Queue, model: &Model) -> Checked {
    let rows: Vec<(i64, String, i64, i16)> = sqlx::query_as(
        "select id, case when lease_until is null then 'pending' else 'running' end, fence, attempt
         from tasks
         union all select id, outcome, 0, attempt from finished_tasks
         union all select id, 'dead', 0, attempt from dead_tasks
         order by 1",
    )
    .fetch_all(&queue.db)
    .await
    .unwrap();
    let mut found = BTreeMap::new();
    for (id, place, fence, attempt) in rows {
        prop_assert!(attempt <= MAX_ATTEMPTS);
        let twice = found.insert(TaskId(id), (place, fence, attempt));
        prop_assert!(twice.is_none(), "task {} is in two places", id);
    }
    let expected: BTreeMap<_, _> = model
        .tasks
        .iter()
        .filter_map(|(id, task)| {
            let (place, open) = match task.state {
                State::Pending => ("pending", true),
                State::Running { .. } => ("running", true),
                State::Done => ("done", false),
                State::Cancelled => ("cancelled", false),
                State::Dead => ("dead", false),
                State::Merged => return None,
            };
            let fence = if open { task.fence } else { 0 };
            Some((*id, (place.to_owned(), fence, task.attempt)))
        })
        .collect();
    prop_assert_eq!(found, expected);
    Ok(())
}

/// With time and workers that succeed, all that is open ends.
async fn finish(queue: &Queue, model: &mut Model) -> Checked {
    take(queue, model, &Step::Pause(false)).await?;
    for _ in 0..200 {
        if queue.count("select count(*) from tasks").await == 0 {
            return Ok(());
        }
        queue.advance(Duration::from_secs(3600)).await;
        take(queue, model, &Step::Rescue).await?;
        queue.advance(Duration::from_secs(3600)).await;
        take(queue, model, &Step::Lease { limit: 10 }).await?;
        take(queue, model, &Step::LeaseSuspect).await?;
        let held: Vec<_> = model
            .leases
            .iter()
            .filter(|l| model.holds(l))
            .cloned()
            .collect();
        for lease in held {
            let settled = queue.settle(&lease, Settlement::Done).await;
            prop_assert_eq!(settled, vec![lease.key.id]);
            model.ended(lease.key.id, &Settlement::Done)?;
        }
    }
    Err(TestCaseError::fail("work is left for ever"))
}

async fn live_through(queue: &Queue, steps: &[Step]) -> Checked {
    sqlx::raw_sql("truncate tasks, finished_tasks, dead_tasks, queue_controls")
        .execute(&queue.db)
        .await
        .unwrap();
    let mut model = Model::default();
    for step in steps {
        take(queue, &mut model, step).await?;
        compare(queue, &model).await?;
    }
    finish(queue, &mut model).await?;
    compare(queue, &model).await
}

/// `PROPTEST_CASES=n` for more.
#[test]
fn random_histories_keep_every_promise() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let queue = runtime.block_on(Queue::start());
    let cases = std::env::var("PROPTEST_CASES").ok();
    let config = Config {
        cases: cases.and_then(|n| n.parse().ok()).unwrap_or(24),
        max_shrink_iters: 400,
        failure_persistence: None,
        ..Config::default()
    };
    let steps = prop::collection::vec(step(), 1..80);
    let result = TestRunner::new(config).run(&steps, |steps| {
        runtime.block_on(live_through(&queue, &steps))
    });
    if let Err(failure) = result {
        panic!("{failure}");
    }
}
