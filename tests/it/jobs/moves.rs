//! What is on record of a job's moves.

use serde_json::json;

use super::{ad, post};
use crate::support::TestApp;

#[tokio::test]
async fn every_move_is_on_record_with_mover_and_note() {
    let app = TestApp::start().await;
    let owner = app.employer().await;
    let admin = app.admin().await;
    let id = post(&owner, ad("Cook")).await;
    let path = format!("/api/jobs/{id}/");
    for change in [
        json!({"status": "published"}),
        json!({"title": "Chef"}),
        json!({"status": "published"}),
    ] {
        owner.patch(&path, change).await.expect(200);
    }
    admin
        .patch(
            &path,
            json!({"status": "closed", "note": "Position filled"}),
        )
        .await
        .expect(200);
    owner
        .patch(&path, json!({"status": "draft", "note": "Back"}))
        .await
        .expect(409);
    owner
        .post(&format!("{path}archive/"), json!(null))
        .await
        .expect(200);

    let history = format!("{path}history/");
    let mut seen = Vec::new();
    let mut next = format!("{history}?page_size=3");
    loop {
        let page = owner.get(&next).await.expect(200);
        for step in page.results() {
            seen.push((
                step["from_status"].as_str().map(str::to_owned),
                step["to_status"].as_str().unwrap().to_owned(),
                step["changed_by"].as_str().unwrap().to_owned(),
                step["note"].as_str().unwrap().to_owned(),
            ));
        }
        match page.json["next_cursor"].as_str() {
            Some(cursor) => next = format!("{history}?page_size=3&cursor={cursor}"),
            None => break,
        }
    }
    let step = |from: Option<&str>, to: &str, by: uuid::Uuid, note: &str| {
        (
            from.map(str::to_owned),
            to.to_owned(),
            by.to_string(),
            note.to_owned(),
        )
    };
    assert_eq!(
        seen,
        [
            step(Some("closed"), "archived", owner.user_id, ""),
            step(
                Some("published"),
                "closed",
                admin.user_id,
                "Position filled"
            ),
            step(Some("draft"), "published", owner.user_id, ""),
            step(None, "draft", owner.user_id, ""),
        ]
    );
    let counted = owner.get(&format!("{history}?page=1")).await.expect(200);
    assert_eq!(counted.json["count"], 4);
    app.drain_tasks().await;
}

#[tokio::test]
async fn the_record_is_for_those_who_manage_the_job() {
    let app = TestApp::start().await;
    let owner = app.employer().await;
    let id = super::publish(&owner, "Cook").await;
    let path = format!("/api/jobs/{id}/history/");
    app.anonymous().get(&path).await.expect(401);
    app.freelancer().await.get(&path).await.expect(403);
    app.employer().await.get(&path).await.expect(404);
    app.admin().await.get(&path).await.expect(200);
    app.drain_tasks().await;
}

#[tokio::test]
async fn a_note_goes_with_a_move_alone() {
    let app = TestApp::start().await;
    let owner = app.employer().await;
    let id = post(&owner, ad("Cook")).await;
    let path = format!("/api/jobs/{id}/");
    for body in [
        json!({"note": "Hello"}),
        json!({"note": "Hello", "status": "draft"}),
    ] {
        let refused = owner.patch(&path, body).await.expect(422);
        assert_eq!(
            refused.field_errors(),
            [("note".to_owned(), "only_with_status".to_owned())]
        );
    }
    app.drain_tasks().await;
}
