use std::sync::Arc;

use jobboard_shared::{
    Clock, config::Config, mail::Mailer, metrics::Metrics, redis_connection::RedisConnection,
};
use sqlx::PgPool;

/// What handlers work with. Cloning is cheap.
#[derive(Clone)]
pub struct Context {
    pub db: PgPool,
    pub clock: Clock,
    pub mailer: Mailer,
    pub config: Arc<Config>,
    /// Told about what runs, where metrics are served.
    pub metrics: Metrics,
    /// Where connected clients of other processes are hinted at news; absent: nowhere.
    pub redis: Option<Arc<RedisConnection>>,
}
