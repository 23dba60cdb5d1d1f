//! Groups of tasks and what runs when all of a group have ended.

use std::time::Duration;

use jobboard_shared::{
    pagination::{Paging, Start},
    queue::{
        Again, BatchId, NewTask, Settlement, Task, TaskId, create_batch,
        db::{self, Cancelled, operate},
        enqueue_in_batch,
        tasks::Upkeep,
    },
};
use jobboard_worker::{Context, Lease, TaskError, runtime::Registry};
use serde::{Deserialize, Serialize};

use super::{LEASE, Plain, Queue, Unique, fleet::Fleet, succeed};

/// Comes at the end of a batch.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Finale {
    of: i32,
}

impl Task for Finale {
    const KIND: &'static str = "test.finale";
    const QUEUE: &'static str = "default";
    const MAX_ATTEMPTS: i16 = 7;
    const PRIORITY: i16 = -3;
    const DEADLINE: Option<Duration> = Some(Duration::from_secs(3600));

    fn unique_key(&self) -> Option<String> {
        Some(format!("finale {}", self.of))
    }
}

async fn batch_of<T: Task>(queue: &Queue, number: i32, members: &[T]) -> BatchId {
    let mut tx = queue.db.begin().await.unwrap();
    let finale = NewTask::of(&Finale { of: number }).unwrap();
    let batch = create_batch(&mut tx, "a test", Some(finale)).await.unwrap();
    enqueue_in_batch(&mut tx, batch, members).await.unwrap();
    tx.commit().await.unwrap();
    batch
}

async fn progress(queue: &Queue, batch: BatchId) -> operate::Batch {
    let mut conn = queue.db.acquire().await.unwrap();
    let paging = Paging {
        start: Start::After(None),
        size: 100,
    };
    let batches = operate::batches(&mut conn, &paging).await.unwrap().rows;
    let found = batches.into_iter().find(|found| found.id == batch);
    found.expect("the batch")
}

async fn sweep(queue: &Queue) -> Vec<BatchId> {
    let mut conn = queue.db.acquire().await.unwrap();
    db::sweep_batches(&mut conn).await.unwrap()
}

fn plain(number: i32) -> Vec<Plain> {
    (0..number).map(|n| Plain { n }).collect()
}

fn registry() -> Registry {
    Registry::default()
        .on::<Plain>(succeed)
        .on::<Finale>(succeed)
}

const FINALES: &str = "select count(*) from finished_tasks where kind = 'test.finale'";

#[tokio::test]
async fn the_last_task_comes_when_all_others_have_ended() {
    let queue = Queue::start().await;
    let batch = batch_of(&queue, 1, &plain(3)).await;
    queue.enqueue(&Plain { n: 9 }).await;
    let before = progress(&queue, batch).await;
    assert_eq!((before.name.as_str(), before.total), ("a test", 3));
    assert_eq!((before.remaining, before.dead), (3, 0));
    let tasks = queue.lease(4).await;
    assert_eq!(tasks.iter().filter(|t| t.batch == Some(batch)).count(), 3);

    let mut conn = queue.db.acquire().await.unwrap();
    for (task, left) in tasks.iter().zip([2, 1, 0]) {
        assert!(
            db::end_batches(&mut conn, &[batch])
                .await
                .unwrap()
                .is_empty()
        );
        queue.settle(task, Settlement::Done).await;
        assert_eq!(progress(&queue, batch).await.remaining, left);
    }
    assert!(progress(&queue, batch).await.ended_at.is_none());
    assert_eq!(db::end_batches(&mut conn, &[batch]).await.unwrap(), [batch]);
    assert!(progress(&queue, batch).await.ended_at.is_some());
    assert!(
        db::end_batches(&mut conn, &[batch])
            .await
            .unwrap()
            .is_empty()
    );
    assert!(sweep(&queue).await.is_empty());

    let finale = queue.lease(10).await;
    assert_eq!(finale.len(), 1, "once");
    assert_eq!(finale[0].kind, Finale::KIND);
    assert_eq!((finale[0].priority, finale[0].max_attempts), (-3, 7));
    assert!(finale[0].unique && finale[0].batch.is_none());
    let deadline = "select count(*) from tasks where deadline > app_now()";
    assert_eq!(queue.count(deadline).await, 1);
}

#[tokio::test]
async fn a_batch_lives_with_its_transaction_and_an_empty_one_ends_at_once() {
    let queue = Queue::start().await;
    let mut tx = queue.db.begin().await.unwrap();
    let batch = create_batch(&mut tx, "undone", None).await.unwrap();
    enqueue_in_batch(&mut tx, batch, &plain(2)).await.unwrap();
    tx.rollback().await.unwrap();
    assert_eq!(queue.count("select count(*) from task_batches").await, 0);
    assert_eq!(queue.pending().await, 0);

    let empty = batch_of::<Plain>(&queue, 1, &[]).await;
    assert_eq!(sweep(&queue).await, [empty]);
    let report = queue.drain(registry()).await;
    assert_eq!((report.done, queue.count(FINALES).await), (1, 1));

    let mut tx = queue.db.begin().await.unwrap();
    let without_end = create_batch(&mut tx, "no end", None).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(sweep(&queue).await, [without_end]);
    assert_eq!(queue.pending().await, 0);
}

#[tokio::test]
async fn a_member_adds_members_before_it_ends() {
    let queue = Queue::start().await;
    let batch = batch_of(&queue, 1, &[Plain { n: 3 }]).await;
    let registry = Registry::default().on::<Finale>(succeed).on::<Plain>(
        |ctx: Context, task: Plain, lease: Lease| async move {
            if task.n > 0 {
                let mut tx = ctx.db.begin().await?;
                lease
                    .enqueue_beside(&mut tx, &Plain { n: task.n - 1 })
                    .await?;
                tx.commit().await?;
            }
            // A member that comes back stays a member.
            if lease.attempt == 1 && task.n == 1 {
                return Err(TaskError::retry_after(Duration::ZERO, "again"));
            }
            Ok(())
        },
    );
    let report = queue.drain(registry).await;
    assert_eq!(report.failures.len(), 1);
    let after = progress(&queue, batch).await;
    // The repeat of n = 1 added its follower a second time.
    assert_eq!((after.total, after.remaining, after.dead), (5, 0, 0));
    assert!(after.ended_at.is_some());
    assert_eq!(queue.count(FINALES).await, 1);
    let last = "select count(*) from finished_tasks f
                where kind = 'test.finale' and id < (select max(id) from finished_tasks)";
    assert_eq!(queue.count(last).await, 0, "after all members");
}

#[tokio::test]
async fn unique_keys_hold_within_the_batch() {
    let queue = Queue::start().await;
    let outsider = queue.enqueue(&Unique::named("a")).await;
    let members = [Unique::named("a"), Unique::named("a"), Unique::named("b")];
    let one = batch_of(&queue, 1, &members).await;
    let other = batch_of(&queue, 2, &members).await;
    assert_eq!(progress(&queue, one).await.total, 2);
    assert_eq!(progress(&queue, other).await.total, 2);
    assert_eq!(queue.enqueue(&Unique::named("a")).await, outsider);
    assert_eq!(queue.pending().await, 5);

    let mut conn = queue.db.acquire().await.unwrap();
    let fresh = enqueue_in_batch(&mut conn, one, &[Unique::named("b"), Unique::named("c")]).await;
    assert_eq!(fresh.unwrap(), 1, "b is pending already");
    assert_eq!(progress(&queue, one).await.total, 3);
}

#[tokio::test]
async fn the_dead_and_the_cancelled_have_ended_and_a_retry_reopens_nothing() {
    let queue = Queue::start().await;
    let batch = batch_of(&queue, 1, &plain(3)).await;
    let mut conn = queue.db.acquire().await.unwrap();
    let hopeless = || {
        Registry::default().on::<Finale>(succeed).on::<Plain>(
            |_: Context, task: Plain, _: Lease| async move {
                match task.n {
                    0 => Err(TaskError::give_up("hopeless")),
                    _ => Err(TaskError::snooze(Duration::from_secs(600))),
                }
            },
        )
    };
    queue.drain(hopeless()).await;
    let ids: Vec<i64> = sqlx::query_scalar("select id from tasks order by id")
        .fetch_all(&queue.db)
        .await
        .unwrap();
    assert_eq!(ids.len(), 2);
    for id in ids {
        assert!(progress(&queue, batch).await.ended_at.is_none());
        let cancelled = db::cancel(&mut conn, TaskId(id)).await;
        assert_eq!(cancelled.unwrap(), Cancelled::AtOnce);
    }
    let ended = progress(&queue, batch).await;
    assert!(ended.ended_at.is_some(), "by the cancel itself");
    assert_eq!((ended.remaining, ended.dead), (0, 1));
    queue.drain(hopeless()).await;
    assert_eq!(queue.count(FINALES).await, 1);

    let dead = queue.dead().await[0].id;
    assert_eq!(operate::retry(&mut conn, &[dead]).await.unwrap().len(), 1);
    assert_eq!(progress(&queue, batch).await.remaining, 1);
    queue.drain(registry()).await;
    let after = progress(&queue, batch).await;
    assert_eq!((after.remaining, after.dead), (0, 0));
    assert_eq!(after.ended_at, ended.ended_at);
    assert_eq!(queue.count(FINALES).await, 1, "not again");
}

/// The worker died after its last acks: nobody has looked at the batch.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sweep_ends_what_a_dead_worker_left() {
    let queue = Queue::start().await;
    let batches = [
        batch_of(&queue, 1, &plain(1)).await,
        batch_of(&queue, 2, &plain(2)).await,
    ];
    let tasks = queue.lease(3).await;
    let [first, second, held] = <[_; 3]>::try_from(tasks).unwrap();
    queue.settle(&first, Settlement::Done).await;
    queue.settle(&second, Settlement::Done).await;
    let fleet = Fleet::start(&queue, registry());
    queue
        .until(
            "the first has ended",
            "select count(*) = 1 from finished_tasks where kind = 'test.finale'",
        )
        .await;
    assert!(progress(&queue, batches[0]).await.ended_at.is_some());
    assert!(progress(&queue, batches[1]).await.ended_at.is_none());
    queue.advance(LEASE * 2).await;
    queue
        .until(
            "its lease has lapsed and the second has ended",
            "select count(*) = 2 from finished_tasks where kind = 'test.finale'",
        )
        .await;
    let late = Settlement::Again {
        delay: Duration::ZERO,
        why: Again::Released,
    };
    assert!(queue.settle(&held, late).await.is_empty());
    fleet.stop().await;
}

/// Two fleets commit the last members of many batches at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_ends_once_whoever_commits_last() {
    const BATCHES: i32 = 40;
    let queue = Queue::start().await;
    for n in 0..BATCHES {
        batch_of(&queue, n, &plain(4)).await;
    }
    let fleets = [
        Fleet::start(&queue, registry()),
        Fleet::start(&queue, registry()),
    ];
    queue
        .until(
            "all have ended",
            "select count(*) = 0 from task_batches where ended_at is null",
        )
        .await;
    queue
        .until("nothing is left", "select not exists (select from tasks)")
        .await;
    for fleet in fleets {
        fleet.stop().await;
    }
    assert_eq!(queue.count(FINALES).await, i64::from(BATCHES));
    let order = "select count(*) from finished_tasks f join finished_tasks m
                     on m.batch_id is not null and f.kind = 'test.finale'
                    and (f.args ->> 'of')::int + (select min(id) from task_batches) = m.batch_id
                 where m.finished_at > f.started_at";
    assert_eq!(queue.count(order).await, 0, "none before the last member");
}

#[tokio::test]
async fn ended_batches_are_forgotten_after_their_tasks() {
    let queue = Queue::start().await;
    batch_of(&queue, 1, &plain(1)).await;
    queue.drain(registry()).await;
    let upkeep = async |days: u64| {
        queue.advance(Duration::from_secs(days * 24 * 3600)).await;
        queue.enqueue(&Upkeep {}).await;
        jobboard_worker::drain(&queue.ctx).await.unwrap();
        queue.count("select count(*) from task_batches").await
    };
    assert_eq!(upkeep(80).await, 1);
    assert_eq!(upkeep(20).await, 0);
}
