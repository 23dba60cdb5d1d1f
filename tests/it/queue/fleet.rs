//! The whole fleet, through the runtime.

use std::{sync::Arc, time::Duration};

use jobboard_worker::{
    Context, Lease, RunError, TaskError, TaskResult,
    runtime::{Registry, Schedule, run_with},
};
use tokio::{sync::Semaphore, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use super::{Plain, Queue, Unique, succeed};

pub(super) struct Fleet {
    pub(super) shutdown: CancellationToken,
    run: JoinHandle<Result<(), RunError>>,
}

impl Fleet {
    pub(super) fn start(queue: &Queue, registry: Registry) -> Self {
        let shutdown = CancellationToken::new();
        let fleet = run_with(
            queue.ctx.clone(),
            registry,
            Schedule::default(),
            shutdown.clone(),
        );
        Self {
            shutdown,
            run: tokio::spawn(fleet),
        }
    }

    pub(super) async fn stop(self) {
        self.shutdown.cancel();
        self.run.await.unwrap().unwrap();
    }
}

/// Handlers that wait until the test lets them go.
#[derive(Clone)]
pub(super) struct Gate {
    pub(super) started: Arc<Semaphore>,
    pub(super) open: Arc<Semaphore>,
}

impl Gate {
    pub(super) fn new() -> Self {
        Self {
            started: Arc::new(Semaphore::new(0)),
            open: Arc::new(Semaphore::new(0)),
        }
    }

    pub(super) fn registry(&self) -> Registry {
        let gate = self.clone();
        Registry::default().on::<Unique>(move |_: Context, _: Unique, _: Lease| {
            let gate = gate.clone();
            async move {
                gate.started.add_permits(1);
                gate.open.acquire().await.unwrap().forget();
                Ok(())
            }
        })
    }

    pub(super) async fn wait_for_start(&self) {
        self.started.acquire().await.unwrap().forget();
    }
}

async fn misbehave(_: Context, task: Plain, _: Lease) -> TaskResult {
    match task.n % 10 {
        3 => panic!("on purpose"),
        5 => std::future::pending().await,
        7 => Err(TaskError::give_up("hopeless")),
        _ => Ok(()),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neighbours_of_misbehaving_tasks_finish() {
    let queue = Queue::start().await;
    for n in 0..100 {
        queue.enqueue(&Plain { n }).await;
    }
    sqlx::raw_sql(
        "update tasks set max_attempts = 1;
         update tasks set args = '{}' where (args ->> 'n')::int % 10 = 9;",
    )
    .execute(&queue.db)
    .await
    .unwrap();
    let fleet = Fleet::start(&queue, Registry::default().on::<Plain>(misbehave));
    queue
        .until("all have ended", "select count(*) = 0 from tasks")
        .await;
    fleet.stop().await;
    assert_eq!(queue.finished().await, 60);
    let counted: (i64, i64, i64) = sqlx::query_as(
        "select sum(done)::bigint, sum(dead)::bigint,
                (select sum(n)::bigint from task_minutes, unnest(runs) n)
         from task_minutes",
    )
    .fetch_one(&queue.db)
    .await
    .unwrap();
    assert_eq!(counted, (60, 40, 100), "written down by the end");
    let dead = queue.dead().await;
    for (reason, number) in [("attempts", 20), ("gave_up", 10), ("undecodable", 10)] {
        assert_eq!(
            dead.iter().filter(|d| d.reason == reason).count(),
            number,
            "{reason}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shutdown_lets_running_tasks_end_and_starts_no_more() {
    let queue = Queue::start().await;
    for name in ["a", "b", "c", "d", "e", "f"] {
        queue.enqueue(&Unique::named(name)).await;
    }
    let gate = Gate::new();
    let fleet = Fleet::start(&queue, gate.registry());
    for _ in 0..4 {
        gate.wait_for_start().await;
    }
    fleet.shutdown.cancel();
    gate.open.add_permits(10);
    fleet.stop().await;
    assert_eq!(queue.finished().await, 4, "as many as slots");
    assert_eq!(queue.pending().await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_outlasts_the_grace_time_is_released_uncounted() {
    let queue =
        Queue::start_with(|config| config.worker.shutdown_grace = Duration::from_millis(100)).await;
    queue.enqueue(&Unique::named("a")).await;
    let gate = Gate::new();
    let fleet = Fleet::start(&queue, gate.registry());
    gate.wait_for_start().await;
    fleet.stop().await;
    assert_eq!(queue.pending().await, 1);
    let task = queue.lease(1).await.remove(0);
    assert_eq!((task.attempt, task.key.fence), (1, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lease_is_renewed_while_its_task_runs() {
    let queue = Queue::start_with(|c| c.worker.lease = Duration::from_millis(600)).await;
    queue.enqueue(&Unique::named("a")).await;
    let gate = Gate::new();
    let fleet = Fleet::start(&queue, gate.registry());
    gate.wait_for_start().await;
    sqlx::query("create table first as select lease_until from tasks")
        .execute(&queue.db)
        .await
        .unwrap();
    queue
        .until(
            "the lease was renewed past its first end",
            "select app_now() > (select lease_until from first) + interval '1 second'",
        )
        .await;
    gate.open.add_permits(1);
    queue
        .until("it has ended", "select count(*) = 1 from finished_tasks")
        .await;
    fleet.stop().await;
    assert_eq!(
        queue
            .count("select attempt::bigint from finished_tasks")
            .await,
        1
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_whose_lease_is_lost_is_aborted_and_changes_nothing() {
    let queue = Queue::start_with(|c| c.worker.lease = Duration::from_millis(600)).await;
    queue.enqueue(&Unique::named("a")).await;
    let gate = Gate::new();
    let dropped = Arc::new(Semaphore::new(0));
    struct OnDrop(Arc<Semaphore>);
    impl Drop for OnDrop {
        fn drop(&mut self) {
            self.0.add_permits(1);
        }
    }
    let (started, gone) = (Arc::clone(&gate.started), Arc::clone(&dropped));
    let registry = Registry::default().on::<Unique>(move |_: Context, _: Unique, _: Lease| {
        let guard = OnDrop(Arc::clone(&gone));
        started.add_permits(1);
        async move {
            let _guard = guard;
            std::future::pending().await
        }
    });
    let fleet = Fleet::start(&queue, registry);
    gate.wait_for_start().await;
    let taken = "update tasks set fence = fence + 1, leased_by = 'another',
                        lease_until = app_now() + interval '1 hour'";
    sqlx::query(taken).execute(&queue.db).await.unwrap();
    dropped.acquire().await.unwrap().forget();
    fleet.stop().await;
    assert_eq!(
        queue
            .count("select count(*) from tasks where leased_by = 'another'")
            .await,
        1
    );
    assert_eq!(queue.finished().await, 0);
}

/// As while the database is away or hangs: no beat tells that the lease is lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_whose_lease_cannot_be_renewed_is_aborted() {
    let queue = Queue::start_with(|c| c.worker.lease = Duration::from_millis(600)).await;
    sqlx::raw_sql(
        "create function refuse_beats() returns trigger language plpgsql as $$
             begin
                 if current_query() like '%renewed as%' then raise 'no beats'; end if;
                 return null;
             end $$;
         create trigger refuse_beats before update on tasks
             for each statement execute function refuse_beats();",
    )
    .execute(&queue.db)
    .await
    .unwrap();
    queue.enqueue(&Unique::named("a")).await;
    let cancelled = Arc::new(Semaphore::new(0));
    let told = Arc::clone(&cancelled);
    let registry = Registry::default().on::<Unique>(move |_: Context, _: Unique, lease: Lease| {
        let told = Arc::clone(&told);
        tokio::spawn(async move {
            lease.cancelled.cancelled().await;
            told.add_permits(1);
        });
        std::future::pending()
    });
    let fleet = Fleet::start(&queue, registry);
    let patience = Duration::from_secs(10);
    let in_time = tokio::time::timeout(patience, cancelled.acquire()).await;
    in_time.expect("cancelled").unwrap().forget();
    fleet.stop().await;
    assert_eq!(queue.finished().await, 0);
}

/// Troubles that pass, as in a restart of the database, cost no finished task
/// its end; settlements that are refused for good keep no other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_finished_is_settled_when_the_trouble_is_over() {
    let queue = Queue::start().await;
    sqlx::raw_sql(
        "create sequence trouble;
         create function refuse() returns trigger language plpgsql as $$
             declare
                 code text := ('{57P01,53300,40P01,40001,57P03,XX000}'::text[])
                     [nextval('trouble')];
             begin
                 if code is not null then raise 'trouble' using errcode = code; end if;
                 if new.args ->> 'n' = '4' then raise 'bad' using errcode = '22023'; end if;
                 return new;
             end $$;
         create trigger refuse before insert on finished_tasks
             for each row execute function refuse();",
    )
    .execute(&queue.db)
    .await
    .unwrap();
    for n in [1, 2, 4, 8] {
        queue.enqueue(&Plain { n }).await;
    }
    let fleet = Fleet::start(&queue, Registry::default().on::<Plain>(succeed));
    queue
        .until(
            "three have ended",
            "select count(*) = 3 from finished_tasks",
        )
        .await;
    fleet.stop().await;
    assert_eq!(
        queue
            .count("select max(attempt)::bigint from finished_tasks")
            .await,
        1
    );
    assert_eq!(queue.count("select count(lease_until) from tasks").await, 1);
}

/// Every connection of the fleet is cut again and again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fleet_outlives_its_connections() {
    let queue = Queue::start_with(|c| c.worker.lease = Duration::from_secs(1)).await;
    for n in 0..200 {
        queue.enqueue(&Plain { n: n * 10 }).await;
    }
    let fleet = Fleet::start(&queue, Registry::default().on::<Plain>(succeed));
    for _ in 0..5 {
        let cut = "select pg_terminate_backend(pid) from pg_stat_activity
                   where datname = current_database() and pid <> pg_backend_pid()";
        sqlx::query(cut).execute(&queue.db).await.unwrap();
        tokio::task::yield_now().await;
    }
    // A fetch whose answer was cut off leaves its tasks leased until that ends.
    queue
        .until(
            "no lease is left",
            "select count(lease_until) = 0 from tasks",
        )
        .await;
    queue.advance(Duration::from_secs(3600)).await;
    queue
        .until(
            "all have ended",
            "select count(*) = 200 from finished_tasks",
        )
        .await;
    fleet.stop().await;
}

/// Figures for people: `cargo test --test it throughput -- --ignored --nocapture`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "prints a figure, proves nothing"]
async fn throughput_of_tasks_that_do_nothing() {
    const TASKS: i32 = 20_000;
    let slots = std::env::var("SLOTS")
        .ok()
        .and_then(|s| s.parse().ok())
        .unwrap_or(64);
    let queue = Queue::start_with(|c| {
        c.worker.queues.insert("default".to_owned(), slots);
    })
    .await;
    let tasks: Vec<_> = (0..TASKS).map(|n| Plain { n }).collect();
    let mut conn = queue.db.acquire().await.unwrap();
    let start = std::time::Instant::now();
    jobboard_shared::queue::enqueue_many(&mut conn, &tasks)
        .await
        .unwrap();
    let enqueued = start.elapsed();
    let start = std::time::Instant::now();
    let fleet = Fleet::start(&queue, Registry::default().on::<Plain>(succeed));
    queue
        .until("all have ended", "select not exists (select from tasks)")
        .await;
    let ran = start.elapsed();
    fleet.stop().await;
    let rate = |time: Duration| f64::from(TASKS) / time.as_secs_f64();
    println!(
        "enqueued {:.0}/s, ran {:.0}/s with {slots} slots",
        rate(enqueued),
        rate(ran)
    );
    assert_eq!(queue.finished().await, i64::from(TASKS));
}
