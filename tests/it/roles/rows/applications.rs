//! Applying, and what becomes of it.

use serde_json::json;

use crate::roles::{Ask, Row, ask::hold, plain, row};

pub(super) fn rows() -> Vec<Row> {
    vec![
        plain("list_applications", "401 200 403 403 403"),
        row(
            "create_application",
            "401 201 403 403 403",
            |case| async move { Ask::default().json(json!({"job_id": case.job().await})) },
        ),
        row(
            "get_application",
            "401 200/404 200/404 200/404 200",
            |case| async move { Ask::of(case.application().await) },
        ),
        row(
            "update_application",
            "401 403/404 200/404 200/404 200",
            |case| async move { Ask::of(case.application().await).json(json!({"status": "reviewing"})) },
        ),
        row(
            "withdraw_application",
            "401 204/404 403 403 403",
            |case| async move { Ask::of(case.application().await) },
        ),
        row(
            "list_application_moves",
            "401 200/404 200/404 200/404 200",
            |case| async move { Ask::of(case.application().await) },
        ),
        plain("list_employer_applications", "401 403 200 200 403"),
        row(
            "update_application_status",
            "401 403 200/404 200/404 403",
            |case| async move { Ask::of(case.application().await).json(json!({"status": "reviewing"})) },
        ),
    ]
}

#[tokio::test]
async fn applications() {
    hold(rows()).await;
}
