//! What breaks outside the code, with real processes on a real Postgres, and
//! what must be left in the end: every effect once, no lease, no task.

mod clock;
mod former_release;
mod kills;
mod log;
mod network;
mod nothing_lost;
mod pauses;
mod restarts;
mod schedulers;
mod shutdown;
mod worker;

use std::time::{Duration, Instant};

use jobboard_shared::queue::{Task, enqueue_many};
use sqlx::{AssertSqlSafe, PgPool, postgres::PgPoolOptions};

use crate::support::TestDatabase;
use worker::{Effect, Settled, Worker};

/// Far more than anything here takes, for machines that do ten things at once.
const PATIENCE: Duration = Duration::from_secs(60);

/// A queue, what handlers write to, and how workers are started on it.
struct Site {
    db: PgPool,
    settled: Settled,
    _database: Option<TestDatabase>,
}

impl Site {
    /// On a database of the tests' server.
    async fn start() -> Self {
        let database = TestDatabase::create().await;
        let site = Self::over(database.pool.clone(), &database.url).await;
        Self {
            _database: Some(database),
            ..site
        }
    }

    /// On the database of a server of one's own.
    async fn on(url: &str) -> Self {
        let db = PgPoolOptions::new()
            .max_connections(4)
            .connect(url)
            .await
            .unwrap();
        Self::over(db, url).await
    }

    async fn over(db: PgPool, url: &str) -> Self {
        sqlx::raw_sql(worker::TABLES).execute(&db).await.unwrap();
        Self {
            db,
            settled: Settled {
                url: url.to_owned(),
                slots: 8,
                lease: "2s",
                grace: "2s",
                keeps_schedule: false,
                clock_shift: 0,
            },
            _database: None,
        }
    }

    fn worker(&self) -> Worker {
        Worker::start(&self.settled)
    }

    async fn enqueue<T: Task>(&self, tasks: &[T]) {
        let mut conn = self.db.acquire().await.unwrap();
        enqueue_many(&mut conn, tasks).await.unwrap();
    }

    /// Tasks that take this long each.
    async fn enqueue_effects(&self, numbers: std::ops::Range<i32>, millis: u64) {
        let tasks: Vec<_> = numbers.map(|n| Effect { n, millis }).collect();
        self.enqueue(&tasks).await;
    }

    async fn open(&self, n: i32) {
        self.run(format!("insert into gates values ({n})")).await;
    }

    async fn run(&self, sql: impl Into<String>) {
        sqlx::raw_sql(AssertSqlSafe(sql.into()))
            .execute(&self.db)
            .await
            .unwrap();
    }

    async fn count(&self, sql: impl Into<String>) -> i64 {
        sqlx::query_scalar(AssertSqlSafe(sql.into()))
            .fetch_one(&self.db)
            .await
            .unwrap()
    }

    /// Polls until something holds that a process brings about. The database may
    /// be away meanwhile.
    async fn until(&self, what: &str, sql: impl Into<String>) {
        self.until_within(PATIENCE, what, sql).await;
    }

    async fn until_within(&self, limit: Duration, what: &str, sql: impl Into<String>) {
        let began = Instant::now();
        let sql = sql.into();
        while began.elapsed() < limit {
            let holds = sqlx::query_scalar::<_, bool>(AssertSqlSafe(sql.clone()))
                .fetch_one(&self.db)
                .await;
            match holds {
                Ok(true) => return,
                Ok(false) => {}
                Err(error) if error.as_database_error().is_none() => {}
                Err(error) if jobboard_shared::database::is_refusal(&error) => {
                    panic!("{sql}: {error}")
                }
                Err(_) => {}
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let tasks: Vec<String> = sqlx::query_scalar("select t::text from tasks t limit 10")
            .fetch_all(&self.db)
            .await
            .unwrap_or_default();
        panic!("waited in vain until {what}; tasks: {tasks:#?}");
    }

    /// What waits for its backoff is due now.
    async fn hurry(&self) {
        self.run("update tasks set run_at = app_now() where lease_until is null")
            .await;
    }

    /// Waits until nothing is left to do, backoffs cut short.
    async fn until_empty(&self) {
        let began = Instant::now();
        while self.count("select count(*) from tasks").await > 0 {
            self.hurry().await;
            if began.elapsed() > PATIENCE {
                self.until_within(Duration::ZERO, "no task is left", "select false")
                    .await;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The count at the far end: each of so many numbers has had its effect
    /// once, and nothing is left behind.
    async fn assert_each_once(&self, numbers: i64) {
        for (what, expected, sql) in [
            ("tasks left", 0, "select count(*) from tasks"),
            ("dead", 0, "select count(*) from dead_tasks"),
            ("effects", numbers, "select count(*) from effects"),
            ("counted", numbers, "select sum(total)::bigint from counted"),
            ("finished", numbers, "select count(*) from finished_tasks"),
            (
                "finished tasks that ran",
                numbers,
                "select count(*) from finished_tasks f
                 where exists (select from runs r where r.task = f.id)",
            ),
        ] {
            assert_eq!(self.count(sql).await, expected, "{what}");
        }
    }
}
