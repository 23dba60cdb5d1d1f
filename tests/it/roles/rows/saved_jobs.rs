//! Jobs that job seekers keep for later.

use serde_json::json;
use uuid::Uuid;

use crate::roles::{Ask, Case, Row, ask::hold, plain, row};

/// A job that the freelancer has saved.
async fn saved(case: &Case) -> Uuid {
    let job_id = case.job().await;
    let body = json!({"job_id": job_id});
    let answer = case.freelancer().post("/api/jobs/saved/", body).await;
    answer.expect(201);
    job_id
}

pub(super) fn rows() -> Vec<Row> {
    vec![
        plain("list_saved_jobs", "401 200 403 403 403"),
        row("save_job", "401 201 403 403 403", |case| async move {
            Ask::default().json(json!({"job_id": case.job().await}))
        }),
        row(
            "get_saved_job",
            "401 200/404 403 403 403",
            |case| async move { Ask::of(saved(&case).await) },
        ),
        row(
            "update_saved_job",
            "401 200/404 403 403 403",
            |case| async move { Ask::of(saved(&case).await).json(json!({"notes": "Near"})) },
        ),
        row(
            "forget_saved_job",
            "401 204/404 403 403 403",
            |case| async move { Ask::of(saved(&case).await) },
        ),
    ]
}

#[tokio::test]
async fn saved_jobs() {
    hold(rows()).await;
}
