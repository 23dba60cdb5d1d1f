//! Companies and their jobs.

use serde_json::json;
use uuid::Uuid;

use crate::roles::{Ask, Case, Row, ask::hold, plain, row};

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
            "ask_for_company_verification",
            "401 403 200/404 200/404 403",
            |case| async move { Ask::of(case.company().await) },
        ),
        row(
            "list_company_jobs",
            "200 200 200/200 200/200 200",
            |case| async move { Ask::of(case.company().await) },
        ),
        row(
            "list_company_members",
            "401 403 200/404 200/404 200",
            |case| async move { Ask::of(case.company().await) },
        )
        .about("as its owner"),
        row(
            "add_company_member",
            "401 403 201/404 201/404 201",
            |case| async move {
                let newcomer = case.app().employer().await;
                Ask::of(case.company().await)
                    .json(json!({"email": newcomer.email, "role": "reviewer"}))
            },
        )
        .about("as its owner"),
        row(
            "get_company_member",
            "401 403 200/404 200/404 200",
            |case| async move {
                let (company, member) = team(&case).await;
                Ask::of(company).and(member)
            },
        )
        .about("as its owner"),
        row(
            "update_company_member",
            "401 403 200/404 200/404 200",
            |case| async move {
                let (company, member) = team(&case).await;
                Ask::of(company)
                    .and(member)
                    .json(json!({"role": "recruiter"}))
            },
        )
        .about("as its owner"),
        row(
            "remove_company_member",
            "401 403 204/404 204/404 204",
            |case| async move {
                let (company, member) = team(&case).await;
                Ask::of(company).and(member)
            },
        )
        .about("as its owner"),
    ]
}

/// A company of the employer and the account of a reviewer who works for it.
async fn team(case: &Case) -> (Uuid, Uuid) {
    let company = case.company().await;
    let member = case.app().employer().await;
    let path = format!("/api/companies/{company}/members/");
    let body = json!({"email": member.email, "role": "reviewer"});
    case.admin().post(&path, body).await.expect(201);
    (company, member.user_id)
}

#[tokio::test]
async fn companies() {
    hold(rows()).await;
}
