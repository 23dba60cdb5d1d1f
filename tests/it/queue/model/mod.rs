//! Random histories against a model: whatever happens in whatever order, no
//! task is lost, the fence of each only grows, at most one per key is pending,
//! attempts and running tasks are bounded, a batch ends once and in time, and who
//! lost a lease changes nothing.

mod expected;
mod steps;

use std::{collections::BTreeMap, time::Duration};

use jobboard_shared::queue::{
    Again, DeathReason, Settlement, Task, TaskId, create_batch,
    db::{
        self, Cancelled,
        operate::{self, Limits},
    },
    enqueue_in, enqueue_in_batch,
};
use proptest::{
    prelude::*,
    test_runner::{Config, TestCaseError, TestRunner},
};
use sqlx::PgConnection;

use self::{
    expected::{Checked, Model, State},
    steps::{Step, settlement, step},
};
use super::{LEASE, Plain, Queue, Unique};

/// Of both kinds of task.
const MAX_ATTEMPTS: i16 = Plain::MAX_ATTEMPTS;

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
            model.enqueued(id, key.map(|key| (false, key)), false)?;
        }
        Step::EnqueueMember { key } => {
            enqueue_member(&mut conn, model, *key).await?;
        }
        Step::Lease { limit } => {
            let leased = queue.lease(*limit).await;
            prop_assert!(leased.len() <= *limit);
            prop_assert!(leased.is_empty() || model.max_running.is_none());
            model.leased(leased)?;
            lease_limited(&mut conn, model, *limit).await?;
        }
        Step::LeaseSuspect => {
            let leased = db::lease_suspect(&mut conn, "default", "test", LEASE).await;
            let leased: Vec<_> = leased.unwrap().into_iter().collect();
            prop_assert!(leased.is_empty() || model.max_running.is_none());
            model.leased(leased)?;
            lease_limited(&mut conn, model, 1).await?;
        }
        Step::MaxRunning(max_running) => {
            let limits = Limits {
                max_running: max_running.map(i32::from),
                rate: None,
            };
            operate::set_limits(&mut conn, "default", limits)
                .await
                .unwrap();
            model.max_running = *max_running;
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

async fn enqueue_member(conn: &mut PgConnection, model: &mut Model, key: Option<u8>) -> Checked {
    let fresh = match key {
        Some(key) => {
            let task = Unique::named(&key.to_string());
            enqueue_in_batch(conn, model.batch, &[task]).await
        }
        None => enqueue_in_batch(conn, model.batch, &[Plain { n: 2 }]).await,
    }
    .unwrap();
    let key = key.map(|key| (true, key));
    prop_assert_eq!(fresh == 0, model.pending_of(key).is_some());
    if fresh > 0 {
        let id = sqlx::query_scalar("select max(id) from tasks")
            .fetch_one(conn)
            .await
            .unwrap();
        model.enqueued(TaskId(id), key, true)?;
    }
    Ok(())
}

async fn lease_limited(conn: &mut PgConnection, model: &mut Model, wanted: usize) -> Checked {
    let leased = db::lease_limited(conn, "default", "test", LEASE, wanted, true).await;
    let Some(leased) = leased.unwrap() else {
        prop_assert_eq!(model.max_running, None);
        return Ok(());
    };
    let leased: Vec<_> = leased.suspect.into_iter().chain(leased.tasks).collect();
    let most = usize::from(model.max_running.unwrap_or_default());
    let free = most.saturating_sub(model.running());
    prop_assert!(leased.len() <= wanted.min(free), "more than may run");
    model.leased(leased)
}

/// A batch ends at the first look after its last member has ended; a cancel
/// looks by itself.
async fn look_at_batch(queue: &Queue, model: &mut Model) -> Checked {
    let mut conn = queue.db.acquire().await.unwrap();
    let ended = "select ended_at is not null from task_batches where id = $1";
    let ended: bool = sqlx::query_scalar(ended)
        .bind(model.batch.0)
        .fetch_one(&mut *conn)
        .await
        .unwrap();
    let ends = !model.batch_ended && !model.has_open_members();
    prop_assert!(ends || ended == model.batch_ended, "too early");
    let by_this = db::end_batches(&mut conn, &[model.batch]).await.unwrap();
    prop_assert_eq!(!by_this.is_empty(), ends && !ended, "once, and in time");
    model.batch_ended |= ends;
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
    take(queue, model, &Step::MaxRunning(None)).await?;
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
    sqlx::raw_sql("truncate tasks, finished_tasks, dead_tasks, queue_controls, task_batches")
        .execute(&queue.db)
        .await
        .unwrap();
    let mut tx = queue.db.begin().await.unwrap();
    let batch = create_batch(&mut tx, "history", None).await.unwrap();
    let mut model = Model::new(batch);
    enqueue_member(&mut tx, &mut model, None).await?;
    tx.commit().await.unwrap();
    for step in steps {
        take(queue, &mut model, step).await?;
        compare(queue, &model).await?;
        look_at_batch(queue, &mut model).await?;
    }
    finish(queue, &mut model).await?;
    look_at_batch(queue, &mut model).await?;
    prop_assert!(model.batch_ended);
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
        cases: cases.and_then(|n| n.parse().ok()).unwrap_or(16),
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
