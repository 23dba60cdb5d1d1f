//! Whether the service and what it stands on answer.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use jobboard_shared::{
    database,
    queue::db::{self, OldestDue, operate},
};
use poem::web::Data;
use poem_openapi::{Object, OpenApi, payload::Json};
use sqlx::Connection;
use tokio::sync::Mutex;

use crate::{
    App,
    problem::{Problem, Result},
    tags::Tag,
};

const DATABASE_TIMEOUT: Duration = Duration::from_secs(2);

pub(crate) struct HealthApi;

#[derive(Object)]
struct Health {
    /// `ok`; anything else is answered with 503.
    status: String,
    version: String,
}

impl Health {
    fn ok() -> Json<Self> {
        Json(Self {
            status: "ok".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        })
    }
}

#[derive(Object)]
struct WorkerHealth {
    /// `ok`; anything else is answered with 503, which says what is wrong.
    status: String,
    version: String,
    /// Worker processes that have lately given a sign of life.
    workers: i64,
    /// Those with due tasks.
    queues: Vec<WaitingQueue>,
}

#[derive(Object)]
struct WaitingQueue {
    queue: String,
    /// How long its oldest due task has waited.
    oldest_due_seconds: f64,
    /// An administrator keeps it from starting tasks: it may wait for ever.
    paused: bool,
}

#[derive(Object)]
struct CacheHealth {
    /// `ok`; anything else is answered with 503, which says what is wrong.
    status: String,
    version: String,
    /// Where answers are kept: `memory`, `redis` (and memory), or `none`.
    kind: String,
    /// Whether Redis answers, where there is one.
    reachable: bool,
    /// Whether this process hears of changes; without, it keeps nothing.
    listening: bool,
    /// Of this process.
    entries: u64,
    /// Of this process.
    bytes: u64,
    /// Of the requests to this process; null before the first.
    hit_ratio: Option<f64>,
}

/// What is wrong with the workers, in words.
fn wrong_with(workers: i64, queues: &[OldestDue], max_age: Duration) -> Vec<String> {
    let none_alive = (workers == 0).then(|| "no worker is alive".to_owned());
    let limit = max_age.as_secs_f64();
    let too_old = queues
        .iter()
        .filter(|queue| !queue.paused && queue.seconds > limit)
        .map(|OldestDue { queue, seconds, .. }| {
            format!("queue {queue}: the oldest due task has waited {seconds:.0} s, more than {limit:.0} s")
        });
    none_alive.into_iter().chain(too_old).collect()
}

/// One look at the workers at a time, however many ask.
#[derive(Default)]
pub(crate) struct WorkerLook(Mutex<Option<Looked>>);

struct Looked {
    begun: Instant,
    workers: i64,
    queues: Arc<[OldestDue]>,
}

impl WorkerLook {
    /// What a look found that began after this one was asked for.
    async fn take(&self, app: &App) -> Result<(i64, Arc<[OldestDue]>), sqlx::Error> {
        let asked = Instant::now();
        let mut last = self.0.lock().await;
        if let Some(looked) = last.as_ref().filter(|looked| looked.begun >= asked) {
            return Ok((looked.workers, Arc::clone(&looked.queues)));
        }
        let begun = Instant::now();
        let (workers, queues) = look_at_workers(app).await?;
        let queues: Arc<[OldestDue]> = queues.into();
        *last = Some(Looked {
            begun,
            workers,
            queues: Arc::clone(&queues),
        });
        Ok((workers, queues))
    }
}

async fn look_at_workers(app: &App) -> Result<(i64, Vec<OldestDue>), sqlx::Error> {
    let mut conn = app.db.acquire().await?;
    let mut tx = conn.begin().await?;
    operate::look_only(&mut tx).await?;
    let workers = db::alive_workers(&mut tx).await?;
    let queues = db::oldest_due(&mut tx).await?;
    tx.commit().await?;
    Ok((workers, queues))
}

#[OpenApi(tag = "Tag::Health")]
impl HealthApi {
    /// Whether the service answers
    #[oai(path = "/health", method = "get", operation_id = "health")]
    async fn health(&self) -> Json<Health> {
        Health::ok()
    }

    /// Whether the database answers
    #[oai(path = "/health/db", method = "get", operation_id = "health_db")]
    async fn health_db(&self, app: Data<&App>) -> Result<Json<Health>> {
        tokio::time::timeout(DATABASE_TIMEOUT, database::ping(&app.db))
            .await
            .map_err(Problem::unavailable)?
            .map_err(Problem::unavailable)?;
        Ok(Health::ok())
    }

    /// Whether the workers keep up
    ///
    /// 503 where no worker is alive or a due task has waited too long.
    #[oai(
        path = "/health/worker",
        method = "get",
        operation_id = "health_worker"
    )]
    async fn health_worker(&self, app: Data<&App>) -> Result<Json<WorkerHealth>> {
        let looking = app.worker_look.take(&app);
        let (workers, queues) = tokio::time::timeout(DATABASE_TIMEOUT, looking)
            .await
            .map_err(Problem::unavailable)?
            .map_err(Problem::unavailable)?;
        let wrong = wrong_with(workers, &queues, app.config.health_max_age);
        if !wrong.is_empty() {
            return Err(Problem::workers_unhealthy(wrong.join("; ")));
        }
        let queues = queues.iter().map(|waiting| WaitingQueue {
            queue: waiting.queue.clone(),
            oldest_due_seconds: waiting.seconds,
            paused: waiting.paused,
        });
        Ok(Json(WorkerHealth {
            status: "ok".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            workers,
            queues: queues.collect(),
        }))
    }

    /// Whether answers are kept
    ///
    /// 503 where Redis is configured and does not answer, or where this process does
    /// not hear of changes and so keeps no answers. Requests are answered all the
    /// same, only more slowly: it is no reason to take the process out of service.
    #[oai(path = "/health/cache", method = "get", operation_id = "health_cache")]
    async fn health_cache(&self, app: Data<&App>) -> Result<Json<CacheHealth>> {
        let reachable = match &app.redis {
            Some(redis) => redis.ping().await,
            None => true,
        };
        if !reachable {
            return Err(Problem::cache_unhealthy("Redis does not answer"));
        }
        let report = match &app.cache {
            Some(cache) if !cache.hears().await => {
                return Err(Problem::cache_unhealthy(
                    "changes of the database are not heard",
                ));
            }
            Some(cache) => Some(cache.report()),
            None => None,
        };
        let kind = match (&report, &app.redis) {
            (None, _) => "none",
            (Some(_), None) => "memory",
            (Some(_), Some(_)) => "redis",
        };
        Ok(Json(CacheHealth {
            status: "ok".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            kind: kind.to_owned(),
            reachable,
            listening: report.is_some_and(|report| report.listening),
            entries: report.map_or(0, |report| report.entries as u64),
            bytes: report.map_or(0, |report| report.bytes),
            hit_ratio: report.and_then(|report| report.hit_ratio),
        }))
    }

    /// The same as `/health/worker/`, under the specification's name
    #[oai(
        path = "/health/celery",
        method = "get",
        operation_id = "health_celery"
    )]
    async fn health_celery(&self, app: Data<&App>) -> Result<Json<WorkerHealth>> {
        self.health_worker(app).await
    }
}
