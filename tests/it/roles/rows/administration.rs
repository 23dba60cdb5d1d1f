//! What administrators decide.

use serde_json::json;

use crate::roles::{Ask, Row, ask::hold, plain, row};

pub(super) fn rows() -> Vec<Row> {
    vec![
        plain("get_analytics", "401 403 403 403 200"),
        plain("get_settings", "401 403 403 403 200"),
        row("update_settings", "401 403 403 403 200", |_| async {
            Ask::default().json(json!({"max_saved_jobs": 500}))
        }),
        plain("list_setting_changes", "401 403 403 403 200"),
        plain("list_employer_verifications", "401 403 403 403 200"),
        row(
            "verify_employer",
            "401 403 403 403 200",
            |case| async move { Ask::of(case.new_employer_profile().await) },
        ),
        row(
            "reject_employer",
            "401 403 403 403 200",
            |case| async move {
                let id = case.new_employer_profile().await;
                let verify = format!("/api/admin/employers/{id}/verify/");
                case.admin().post(&verify, json!(null)).await.expect(200);
                Ask::of(id).json(json!({"reason": "No."}))
            },
        ),
        row(
            "list_employer_verification_history",
            "401 403 403 403 200",
            |case| async move { Ask::of(case.new_employer_profile().await) },
        ),
        plain("list_company_verifications", "401 403 403 403 200"),
        row("verify_company", "401 403 403 403 200", |case| async move {
            Ask::of(case.company().await)
        }),
        row("reject_company", "401 403 403 403 200", |case| async move {
            let id = case.company().await;
            let verify = format!("/api/admin/companies/{id}/verify/");
            case.admin().post(&verify, json!(null)).await.expect(200);
            Ask::of(id).json(json!({"reason": "No."}))
        }),
        row(
            "list_company_verification_history",
            "401 403 403 403 200",
            |case| async move { Ask::of(case.company().await) },
        ),
        plain("list_managed_categories", "401 403 403 403 200"),
        row(
            "create_category",
            "401 403 403 403 201",
            |case| async move { Ask::default().json(json!({"name": case.new_name()})) },
        ),
        row("get_category", "401 403 403 403 200", |case| async move {
            Ask::of(case.category().await)
        }),
        row(
            "replace_category",
            "401 403 403 403 200",
            |case| async move { Ask::of(case.category().await).json(json!({"name": case.new_name()})) },
        ),
        row(
            "update_category",
            "401 403 403 403 200",
            |case| async move { Ask::of(case.category().await).json(json!({"description": "New"})) },
        ),
        row(
            "delete_category",
            "401 403 403 403 204",
            |case| async move { Ask::of(case.category().await) },
        ),
        plain("list_searches", "401 403 403 403 200"),
        plain("list_synonyms", "401 403 403 403 200"),
        row("create_synonym", "401 403 403 403 201", |case| async move {
            Ask::default().json(json!({"term": case.new_name(), "synonyms": ["painter"]}))
        }),
        row("get_synonym", "401 403 403 403 200", |case| async move {
            Ask::of(case.synonym().await)
        }),
        row(
            "replace_synonym",
            "401 403 403 403 200",
            |case| async move {
                Ask::of(case.synonym().await)
                    .json(json!({"term": case.new_name(), "synonyms": ["painter"]}))
            },
        ),
        row("update_synonym", "401 403 403 403 200", |case| async move {
            Ask::of(case.synonym().await).json(json!({"synonyms": ["painter"]}))
        }),
        row("delete_synonym", "401 403 403 403 204", |case| async move {
            Ask::of(case.synonym().await)
        }),
        plain("list_catalogue_skills", "401 403 403 403 200"),
        row(
            "create_catalogue_skill",
            "401 403 403 403 201",
            |case| async move { Ask::default().json(json!({"name": case.new_name()})) },
        ),
        row(
            "get_catalogue_skill",
            "401 403 403 403 200",
            |case| async move { Ask::of(case.catalogue_skill().await) },
        ),
        row(
            "replace_catalogue_skill",
            "401 403 403 403 200",
            |case| async move {
                Ask::of(case.catalogue_skill().await).json(json!({"name": case.new_name()}))
            },
        ),
        row(
            "update_catalogue_skill",
            "401 403 403 403 200",
            |case| async move {
                Ask::of(case.catalogue_skill().await).json(json!({"description": "New"}))
            },
        ),
        row(
            "delete_catalogue_skill",
            "401 403 403 403 204",
            |case| async move { Ask::of(case.catalogue_skill().await) },
        ),
        plain("list_recommendation_models", "401 403 403 403 200"),
        row(
            "activate_recommendation_model",
            "401 403 403 403 404",
            |_| async { Ask::of(uuid::Uuid::nil()) },
        )
        .about("of one that is gone"),
        plain("list_recommendation_runs", "401 403 403 403 200"),
        plain("start_recommendation_run", "401 403 403 403 202"),
        plain("list_recommendation_arms", "401 403 403 403 200"),
        plain("get_recommendation_experiment", "401 403 403 403 200"),
        row(
            "merge_catalogue_skill",
            "401 403 403 403 200",
            |case| async move {
                Ask::of(case.catalogue_skill().await)
                    .json(json!({"into": case.catalogue_skill().await}))
            },
        ),
    ]
}

#[tokio::test]
async fn administration() {
    hold(rows()).await;
}
