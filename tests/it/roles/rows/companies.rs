//! Companies and their jobs.

use serde_json::json;

use crate::roles::{Ask, Row, ask::hold, plain, row};

pub(super) fn rows() -> Vec<Row> {
    vec![
        plain("list_companies", "200 200 200 200 200"),
        row("create_company", "401 403 201 201 201", |case| async move {
            Ask::default().json(json!({"name": case.new_name()}))
        }),
        row(
            "get_company",
            "200 200 200/200 200/200 200",
            |case| async move { Ask::of(case.company().await) },
        ),
        row(
            "replace_company",
            "401 403 200/404 200/404 200",
            |case| async move { Ask::of(case.company().await).json(json!({"name": case.new_name()})) },
        ),
        row(
            "delete_company",
            "401 403 403/403 403/403 204",
            |case| async move { Ask::of(case.company().await) },
        ),
        row(
            "list_company_jobs",
            "200 200 200/200 200/200 200",
            |case| async move { Ask::of(case.company().await) },
        ),
    ]
}

#[tokio::test]
async fn companies() {
    hold(rows()).await;
}
