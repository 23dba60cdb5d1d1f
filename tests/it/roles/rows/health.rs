//! Whether the parts of the service answer.

use crate::roles::{Row, ask::hold, plain};

pub(super) fn rows() -> Vec<Row> {
    vec![
        plain("health", "200 200 200 200 200"),
        plain("health_db", "200 200 200 200 200"),
        plain("health_cache", "200 200 200 200 200"),
        // No worker runs while the table is tried.
        plain("health_worker", "503 503 503 503 503"),
        plain("health_celery", "503 503 503 503 503"),
    ]
}

#[tokio::test]
async fn health() {
    hold(rows()).await;
}
