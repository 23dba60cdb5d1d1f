//! Workers of the release before, on the schema of this one. Their statements are
//! kept as texts: what they did when they were released is what they do.

mod worker;

use std::{sync::Arc, time::Duration};

use jobboard_shared::{
    database::{MIGRATOR, migrate, migrate_with},
    queue::{Again, DeathReason, LeasedTask, Settlement, db, enqueue_many},
};
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgPool, migrate::Migrator};
use tokio::sync::Notify;

use self::worker::{FAILED, Former, RELEASED};
use crate::support::TestDatabase;

const LEASE: Duration = Duration::from_secs(30);
/// The newest migration that the former release had.
const NEWEST: i64 = 20_261_122_001_400;

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Numbered {
    n: i32,
}

impl jobboard_shared::queue::Task for Numbered {
    const KIND: &'static str = "test.numbered";
    const QUEUE: &'static str = "default";
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Keyed {
    key: String,
}

impl Keyed {
    fn of(key: &str) -> Self {
        Self {
            key: key.to_owned(),
        }
    }
}

impl jobboard_shared::queue::Task for Keyed {
    const KIND: &'static str = "test.keyed";
    const QUEUE: &'static str = "default";

    fn unique_key(&self) -> Option<String> {
        Some(self.key.clone())
    }
}

async fn count(db: &PgPool, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(db).await.unwrap()
}

async fn advance(db: &PgPool, seconds: f64) {
    sqlx::query("update app_clock set shift = shift + make_interval(secs => $1)")
        .bind(seconds)
        .execute(db)
        .await
        .unwrap();
}

async fn lease(conn: &mut PgConnection) -> Vec<LeasedTask> {
    db::lease(conn, "default", "present", LEASE, 100)
        .await
        .unwrap()
}

/// Each outcome that a former worker writes is what the present release means by
/// it, and the other way round.
#[tokio::test]
async fn outcomes_of_the_former_release_mean_the_same_now() {
    let database = TestDatabase::create().await;
    let db = &database.pool;
    let mut former = Former::connect(&database.url).await;
    let mut conn = db.acquire().await.unwrap();
    let tasks: Vec<_> = (0..5).map(|n| Numbered { n }).collect();
    enqueue_many(&mut conn, &tasks).await.unwrap();
    let keys = former.lease(5).await;
    assert_eq!(keys.len(), 5);
    assert!(lease(&mut conn).await.is_empty(), "leased");

    advance(db, 20.0).await;
    assert_eq!(former.heartbeat(&keys).await, 5);
    advance(db, 20.0).await;
    let queues = ["default".to_owned()];
    let rescued = db::rescue(&mut conn, &queues).await.unwrap();
    assert!(rescued.is_empty(), "renewed");

    let [done, failed, released, dead, stuck] = [0, 1, 2, 3, 4].map(|n| [keys[n]]);
    assert_eq!(former.finish(&done).await, 1);
    assert_eq!(former.finish(&done).await, 0, "it is gone");
    assert_eq!(former.bring_back(&failed, 4.0, FAILED).await, 1);
    assert_eq!(former.bring_back(&released, 0.0, RELEASED).await, 1);
    assert_eq!(former.bury(&dead).await, 1);

    let finished = "select count(*) from finished_tasks where outcome = 'done'";
    assert_eq!(count(db, finished).await, 1);
    let [again] = lease(&mut conn).await.try_into().unwrap();
    assert_eq!(
        (again.key.id, again.attempt),
        (released[0].id, 1),
        "uncounted"
    );
    assert!(again.key.fence > released[0].fence);
    assert_eq!(former.finish(&released).await, 0, "an older lease");
    advance(db, 5.0).await;
    let [again] = lease(&mut conn).await.try_into().unwrap();
    assert_eq!((again.key.id, again.attempt), (failed[0].id, 2));

    let retried = db::operate::retry(&mut conn, &[dead[0].id]).await.unwrap();
    assert_eq!(retried.len(), 1);
    let [again] = lease(&mut conn).await.try_into().unwrap();
    assert_eq!(again.key.id, dead[0].id);
    assert_eq!(former.finish(&dead).await, 0, "before it had died");

    advance(db, 40.0).await;
    let rescued = db::rescue(&mut conn, &queues).await.unwrap();
    assert!(rescued.iter().any(|lapse| lapse.id == stuck[0].id));
    assert_eq!(former.finish(&stuck).await, 0, "rescued");
}

/// What the present release has leased, a former worker neither takes nor ends,
/// but rescues when its worker has died.
#[tokio::test]
async fn the_former_release_heeds_the_leases_of_the_present_one() {
    let database = TestDatabase::create().await;
    let db = &database.pool;
    let mut former = Former::connect(&database.url).await;
    let mut conn = db.acquire().await.unwrap();
    let args = (0..3).map(|n| serde_json::json!({ "n": n })).collect();
    former.insert("test.numbered", args, None).await;
    let leased = lease(&mut conn).await;
    assert_eq!(leased.len(), 3);
    assert!(former.lease(10).await.is_empty());
    assert_eq!(former.rescue().await, 0);

    let settled = [
        (leased[0].key, false, Settlement::Done),
        (
            leased[1].key,
            false,
            Settlement::Again {
                delay: Duration::ZERO,
                why: Again::Released,
            },
        ),
    ];
    assert_eq!(db::settle(&mut conn, &settled).await.unwrap().len(), 2);
    let [released] = former.lease(10).await.try_into().unwrap();
    assert_eq!(released.id, leased[1].key.id);
    assert_eq!(former.finish(&[released]).await, 1);

    advance(db, 40.0).await;
    assert_eq!(former.rescue().await, 1);
    let late = [(leased[2].key, false, Settlement::Done)];
    assert!(db::settle(&mut conn, &late).await.unwrap().is_empty());
    assert!(former.lease(10).await.is_empty(), "in its backoff");
    advance(db, 5.0).await;
    let suspect = former.lease_suspect().await.unwrap();
    assert_eq!(suspect.id, leased[2].key.id);
    assert_eq!(former.finish(&[suspect]).await, 1);
    assert_eq!(count(db, "select count(*) from finished_tasks").await, 3);
    assert_eq!(count(db, "select count(*) from tasks").await, 0);
}

#[tokio::test]
async fn unique_keys_merge_across_releases() {
    let database = TestDatabase::create().await;
    let db = &database.pool;
    let mut former = Former::connect(&database.url).await;
    let mut conn = db.acquire().await.unwrap();
    let args = || vec![serde_json::json!({ "key": "a" })];
    former.insert("test.keyed", args(), Some("a")).await;
    enqueue_many(&mut conn, &[Keyed::of("a")]).await.unwrap();
    former.insert("test.keyed", args(), Some("a")).await;
    assert_eq!(count(db, "select count(*) from tasks").await, 1);

    // One that runs does not count, and merges when it comes back.
    let [running] = former.lease(10).await.try_into().unwrap();
    enqueue_many(&mut conn, &[Keyed::of("a")]).await.unwrap();
    assert_eq!(count(db, "select count(*) from tasks").await, 2);
    assert_eq!(former.bring_back(&[running], 4.0, FAILED).await, 1);
    assert_eq!(count(db, "select count(*) from tasks").await, 1);
    advance(db, 3600.0).await;
    let [merged] = lease(&mut conn).await.try_into().unwrap();
    assert_eq!(merged.attempt, 2, "what both went through");
    former.insert("test.keyed", args(), Some("a")).await;
    let gave_up = Settlement::Dead {
        reason: DeathReason::GaveUp,
        error: "no more".to_owned(),
    };
    let settled = db::settle(&mut conn, &[(merged.key, true, gave_up)]).await;
    assert_eq!(settled.unwrap().len(), 1);
    let [twin] = former.lease(10).await.try_into().unwrap();
    assert_eq!(former.finish(&[twin]).await, 1);
}

/// Leases, and ends what it leased: now and then a task fails, once.
async fn work(url: String, stop: Arc<Notify>) {
    let mut former = Former::connect(&url).await;
    let stopped = stop.notified();
    tokio::pin!(stopped);
    loop {
        let keys = former.lease(10).await;
        let (failing, well): (Vec<_>, Vec<_>) = keys
            .into_iter()
            .partition(|key| key.id.0 % 7 == 0 && key.fence == 1);
        former.heartbeat(&well).await;
        assert_eq!(former.finish(&well).await, well.len());
        assert_eq!(
            former.bring_back(&failing, 0.0, FAILED).await,
            failing.len()
        );
        tokio::select! {
            biased;
            () = &mut stopped => return,
            () = tokio::task::yield_now() => {}
        }
    }
}

/// The schema of the former release becomes the present one while former workers
/// work and enqueue; they go on, and the present release ends the rest.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn former_workers_work_through_the_migration() {
    const CHUNKS: i32 = 60;
    const CHUNK: i32 = 50;
    const AFTER: i32 = 500;
    let database = TestDatabase::create_empty().await;
    let db = &database.pool;
    let former = MIGRATOR.iter().filter(|m| m.version <= NEWEST).cloned();
    let former = Migrator::with_migrations(former.collect());
    migrate_with(&db.connect_options(), &former, Default::default())
        .await
        .unwrap();
    let stop = Arc::new(Notify::new());
    let workers: Vec<_> = (0..2)
        .map(|_| tokio::spawn(work(database.url.clone(), Arc::clone(&stop))))
        .collect();
    let url = database.url.clone();
    let enqueuing = tokio::spawn(async move {
        let mut former = Former::connect(&url).await;
        for chunk in 0..CHUNKS {
            let numbers = chunk * CHUNK..(chunk + 1) * CHUNK;
            let args = numbers.map(|n| serde_json::json!({ "n": n })).collect();
            former.insert("test.numbered", args, None).await;
        }
    });
    while count(db, "select count(*) from finished_tasks").await < 200 {
        tokio::task::yield_now().await;
    }
    migrate(db).await.unwrap();
    enqueuing.await.unwrap();
    let before = count(db, "select count(*) from finished_tasks").await;
    let more = (0..AFTER).map(|n| serde_json::json!({ "n": CHUNKS * CHUNK + n }));
    let mut enqueuer = Former::connect(&database.url).await;
    enqueuer.insert("test.numbered", more.collect(), None).await;
    let after = before + i64::from(AFTER);
    while count(db, "select count(*) from finished_tasks").await < after {
        assert!(workers.iter().all(|worker| !worker.is_finished()));
        tokio::task::yield_now().await;
    }
    stop.notify_waiters();
    for worker in workers {
        worker.await.unwrap();
    }
    let mut conn = db.acquire().await.unwrap();
    loop {
        let leased = lease(&mut conn).await;
        if leased.is_empty() {
            break;
        }
        let ended: Vec<_> = leased
            .iter()
            .map(|task| (task.key, task.unique, Settlement::Done))
            .collect();
        db::settle(&mut conn, &ended).await.unwrap();
    }
    let all = i64::from(CHUNKS * CHUNK + AFTER);
    assert_eq!(count(db, "select count(*) from finished_tasks").await, all);
    let different = "select count(distinct args ->> 'n') from finished_tasks";
    assert_eq!(count(db, different).await, all);
    assert_eq!(count(db, "select count(*) from tasks").await, 0);
    assert_eq!(count(db, "select count(*) from dead_tasks").await, 0);
}
