//! The signed-in employer.

use serde_json::json;

use crate::roles::{Ask, Row, ask::hold, plain, row};

pub(super) fn rows() -> Vec<Row> {
    vec![
        plain("get_employer_profile", "401 403 200 200 403"),
        row(
            "replace_employer_profile",
            "401 403 200 200 403",
            |_| async { Ask::default().json(json!({"first_name": "Robin"})) },
        ),
        plain("list_own_companies", "401 403 200 200 403"),
        row(
            "create_own_company",
            "401 403 201 201 403",
            |case| async move { Ask::default().json(json!({"name": case.new_name()})) },
        ),
        plain("get_own_analytics", "401 403 200 200 403"),
        plain("list_own_jobs", "401 403 200 200 403"),
        row(
            "ask_for_verification",
            "401 403 200 200 403",
            |case| async move { Ask::default().asked_by(case.fresh_asker().await) },
        ),
    ]
}

#[tokio::test]
async fn employers() {
    hold(rows()).await;
}
