//! The signed-in job seeker.

use serde_json::json;

use crate::roles::{Ask, Row, ask::hold, plain, row};

pub(super) fn rows() -> Vec<Row> {
    vec![
        plain("get_freelancer_profile", "401 200 403 403 403"),
        row(
            "replace_freelancer_profile",
            "401 200 403 403 403",
            |_| async { Ask::default().json(json!({"first_name": "Robin"})) },
        ),
        plain("list_own_skills", "401 200 403 403 403"),
        row("add_own_skill", "401 201 403 403 403", |case| async move {
            Ask::default().json(json!({"skill": case.new_name()}))
        }),
        row(
            "remove_own_skill",
            "401 204/404 403 403 403",
            |case| async move {
                let body = json!({"skill": case.new_name()});
                let answer = case
                    .freelancer()
                    .post("/api/freelancers/skills/", body)
                    .await
                    .expect(201);
                Ask::of(answer.json["skill_id"].as_str().unwrap())
            },
        ),
    ]
}

#[tokio::test]
async fn freelancers() {
    hold(rows()).await;
}
