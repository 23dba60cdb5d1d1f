//! What the queue promises: at least once, fenced, and nothing lost.

mod backlog;
mod batches;
mod cancel;
mod deadlines;
mod enqueue;
mod fleet;
mod held;
mod leases;
mod limits;
mod model;
mod outcomes;
mod poison;
mod process;
mod rebuild;
mod records;
mod schedule;
mod workers;

use std::{sync::Arc, time::Duration};

use jobboard_shared::{
    Clock,
    config::Config,
    mail::Mailer,
    metrics::Metrics,
    queue::{LeasedTask, Settlement, TaskId, db},
};
use jobboard_worker::{Context, DrainReport, Lease, TaskResult, runtime::Registry};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;

use crate::support::{TestDatabase, until};

const LEASE: Duration = Duration::from_secs(30);

/// A database with an empty queue and what a worker needs.
struct Queue {
    ctx: Context,
    db: PgPool,
    url: String,
    _database: TestDatabase,
}

/// A task that nobody runs again.
#[derive(sqlx::FromRow)]
struct DeadTask {
    id: TaskId,
    attempt: i16,
    reason: String,
    errors: serde_json::Value,
}

impl Queue {
    async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let database = TestDatabase::create().await;
        let mut config = Config::for_tests(&database.url);
        config.worker.queues = [("default".to_owned(), 4)].into();
        change(&mut config);
        let db = database.pool.clone();
        let ctx = context(&db, config).await;
        Self {
            ctx,
            db,
            url: database.url.clone(),
            _database: database,
        }
    }

    async fn enqueue<T: jobboard_shared::queue::Task>(&self, task: &T) -> TaskId {
        let mut conn = self.db.acquire().await.unwrap();
        jobboard_shared::queue::enqueue(&mut conn, task)
            .await
            .unwrap()
    }

    async fn lease(&self, limit: usize) -> Vec<LeasedTask> {
        let mut conn = self.db.acquire().await.unwrap();
        db::lease(&mut conn, "default", "test", LEASE, limit)
            .await
            .unwrap()
    }

    /// One due task, or else the suspect whose turn it is.
    async fn lease_any(&self) -> Vec<LeasedTask> {
        let mut tasks = self.lease(1).await;
        if tasks.is_empty() {
            let mut conn = self.db.acquire().await.unwrap();
            let suspect = db::lease_suspect(&mut conn, "default", "test", LEASE).await;
            tasks.extend(suspect.unwrap());
        }
        tasks
    }

    async fn settle(&self, task: &LeasedTask, settlement: Settlement) -> Vec<TaskId> {
        let mut conn = self.db.acquire().await.unwrap();
        db::settle(&mut conn, &[(task.key, task.unique, settlement)])
            .await
            .unwrap()
    }

    async fn rescue(&self) -> Vec<db::Lapse> {
        let mut conn = self.db.acquire().await.unwrap();
        db::rescue(&mut conn, &["default".to_owned()])
            .await
            .unwrap()
    }

    async fn drain(&self, registry: Registry) -> DrainReport {
        jobboard_worker::drain_with(&self.ctx, Arc::new(registry))
            .await
            .unwrap()
    }

    /// The newest first.
    async fn dead(&self) -> Vec<DeadTask> {
        sqlx::query_as("select * from dead_tasks order by died_at desc, id desc")
            .fetch_all(&self.db)
            .await
            .unwrap()
    }

    async fn advance(&self, by: Duration) {
        sqlx::query("update app_clock set shift = shift + make_interval(secs => $1)")
            .bind(by.as_secs_f64())
            .execute(&self.db)
            .await
            .unwrap();
    }

    async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.db).await.unwrap()
    }

    async fn pending(&self) -> i64 {
        self.count("select count(*) from tasks where lease_until is null")
            .await
    }

    async fn finished(&self) -> i64 {
        self.count("select count(*) from finished_tasks").await
    }

    /// Polls until something holds that another task or process brings about.
    async fn until(&self, what: &str, sql: &'static str) {
        let holds = async || -> bool {
            let holds = sqlx::query_scalar(sql).fetch_one(&self.db);
            holds.await.unwrap()
        };
        until(what, holds).await;
    }
}

async fn context(db: &PgPool, mut config: Config) -> Context {
    config.mail.outbox_dir = Some(std::env::temp_dir());
    Context {
        db: db.clone(),
        clock: Clock::synchronized(db).await.unwrap(),
        mailer: Mailer::new(&config.mail).unwrap(),
        config: Arc::new(config),
        metrics: Metrics::default(),
        redis: None,
    }
}

/// A task that does whatever the test's handler does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Plain {
    n: i32,
}

impl jobboard_shared::queue::Task for Plain {
    const KIND: &'static str = "test.plain";
    const QUEUE: &'static str = "default";
    const MAX_ATTEMPTS: i16 = 3;
    const TIMEOUT: Duration = Duration::from_millis(200);
}

/// At most one pending per name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Unique {
    name: String,
}

impl Unique {
    fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
        }
    }
}

impl jobboard_shared::queue::Task for Unique {
    const KIND: &'static str = "test.unique";
    const QUEUE: &'static str = "default";
    const MAX_ATTEMPTS: i16 = 3;

    fn unique_key(&self) -> Option<String> {
        Some(self.name.clone())
    }
}

/// Runs before everything else.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Urgent {}

impl jobboard_shared::queue::Task for Urgent {
    const KIND: &'static str = "test.urgent";
    const QUEUE: &'static str = "default";
    const PRIORITY: i16 = -10;
}

async fn succeed<T>(_: Context, _: T, _: Lease) -> TaskResult {
    Ok(())
}
