//! Whether the service and what it stands on answer.

use std::time::Duration;

use jobboard_shared::database;
use poem::web::Data;
use poem_openapi::{Object, OpenApi, payload::Json};

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
}
