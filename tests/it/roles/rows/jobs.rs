//! Jobs, and finding them.

use serde_json::json;

use crate::{
    roles::{Ask, Row, ask::hold, plain, row},
    support::Response,
};

pub(super) fn rows() -> Vec<Row> {
    vec![
        plain("list_jobs", "200 200 200 200 200"),
        row("create_job", "401 403 403 201 201", |case| async move {
            Ask::default().json(json!({"title": "Welder", "company": case.new_name()}))
        }),
        row(
            "get_job",
            "404 404 200/404 200/404 200",
            |case| async move { Ask::of(case.draft().await) },
        )
        .about("a draft; a published one is everybody's"),
        row(
            "replace_job",
            "401 403 200/404 200/404 200",
            |case| async move {
                Ask::of(case.draft().await)
                    .json(json!({"title": "Smith", "company": case.company().await}))
            },
        ),
        row(
            "update_job",
            "401 403 200/404 200/404 200",
            |case| async move { Ask::of(case.job().await).json(json!({"title": "Smith"})) },
        ),
        row(
            "delete_job",
            "401 403 204/404 204/404 204",
            |case| async move { Ask::of(case.job().await) },
        ),
        row(
            "publish_job",
            "401 403 403/404 200/404 200",
            |case| async move { Ask::of(case.draft().await) },
        ),
        row(
            "close_job",
            "401 403 200/404 200/404 200",
            |case| async move { Ask::of(case.job().await) },
        ),
        row(
            "archive_job",
            "401 403 200/404 200/404 200",
            |case| async move { Ask::of(case.job().await) },
        ),
        row(
            "list_job_moves",
            "401 403 200/404 200/404 200",
            |case| async move { Ask::of(case.job().await) },
        ),
        row(
            "list_job_questions",
            "404 404 200/404 200/404 200",
            |case| async move { Ask::of(case.draft().await) },
        )
        .about("of a draft; of a published job everybody"),
        row(
            "replace_job_questions",
            "401 403 200/404 200/404 200",
            |case| async move { Ask::of(case.job().await).json(json!({"questions": []})) },
        ),
        row(
            "record_job_view",
            "204 204 204 204 204",
            |case| async move { Ask::of(case.job().await).json(json!({})) },
        ),
        plain("list_categories", "200 200 200 200 200"),
        row("import_jobs", "401 403 403 202 202", |_| async {
            Ask::default().raw("text/csv", "title,company\nWelder,Sparks\n")
        }),
        row(
            "get_import",
            "401 403 404 200/404 200/404",
            |case| async move {
                let request = case
                    .employer()
                    .request(reqwest::Method::POST, "/api/jobs/import/")
                    .header("content-type", "text/csv")
                    .body("title,company\nWelder,Sparks\n");
                Ask::of(
                    Response::read(request, "import".to_owned())
                        .await
                        .expect(202)
                        .id(),
                )
            },
        ),
        row(
            "list_candidates",
            "401 403 403/404 200/404 200",
            |case| async move { Ask::of(case.job().await) },
        ),
        plain("list_recommendations", "401 200 403 403 403"),
        row(
            "record_recommendation_feedback",
            "401 204 403 403 403",
            |case| async move {
                let event = json!({"job_id": case.job().await, "kind": "click"});
                Ask::default().json(json!({"events": [event]}))
            },
        ),
        plain("list_hidden_jobs", "401 200 403 403 403"),
        row("unhide_job", "401 404 403 403 403", |case| async move {
            Ask::of(case.job().await)
        })
        .about("of one that was not hidden"),
        row("search_jobs", "200 200 200 200 200", |_| async {
            Ask::default().query("q=welder")
        }),
        row("record_search_click", "204 204 204 204 204", |_| async {
            Ask::default().json(json!({"search_id": uuid::Uuid::nil(), "position": 1}))
        }),
        row("suggest_searches", "200 200 200 200 200", |_| async {
            Ask::default().query("q=weld")
        }),
        row(
            "list_similar_jobs",
            "200 200 200/200 200/200 200",
            |case| async move { Ask::of(case.job().await) },
        ),
        plain("list_trending_jobs", "200 200 200 200 200"),
    ]
}

#[tokio::test]
async fn jobs() {
    hold(rows()).await;
}
