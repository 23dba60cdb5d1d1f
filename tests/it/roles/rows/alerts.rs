//! Job alerts.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::roles::{Ask, Case, Row, ask::hold, plain, row};

fn body() -> Value {
    json!({"name": "Painting", "q": "painter"})
}

/// An alert of the freelancer.
async fn alert(case: &Case) -> Uuid {
    let answer = case.freelancer().post("/api/alerts/", body()).await;
    answer.expect(201).id()
}

pub(super) fn rows() -> Vec<Row> {
    vec![
        plain("list_alerts", "401 200 403 403 403"),
        row("create_alert", "401 201 403 403 403", |_| async move {
            Ask::default().json(body())
        }),
        row("get_alert", "401 200/404 403 403 403", |case| async move {
            Ask::of(alert(&case).await)
        }),
        row(
            "replace_alert",
            "401 200/404 403 403 403",
            |case| async move { Ask::of(alert(&case).await).json(body()) },
        ),
        row(
            "change_alert",
            "401 200/404 403 403 403",
            |case| async move { Ask::of(alert(&case).await).json(json!({"is_paused": true})) },
        ),
        row(
            "remove_alert",
            "401 204/404 403 403 403",
            |case| async move { Ask::of(alert(&case).await) },
        ),
    ]
}

#[tokio::test]
async fn alerts() {
    hold(rows()).await;
}
