//! Who moves an application where.

use std::time::Duration;

use serde_json::json;
use uuid::Uuid;

use super::Board;
use crate::support::TestApp;

async fn moves(app: &TestApp, id: Uuid) -> Vec<String> {
    sqlx::query_scalar(
        "select coalesce(from_status::text, '') || '>' || to_status
         from application_status_changes where application_id = $1 order by id",
    )
    .bind(id)
    .fetch_all(&app.db)
    .await
    .unwrap()
}

#[tokio::test]
async fn an_employer_leads_an_application_to_an_offer_and_the_applicant_accepts() {
    let app = TestApp::start().await;
    let board = Board::new(&app).await;
    let freelancer = app.freelancer().await;
    let created = board.apply(&freelancer).await.expect(201);
    let id = created.id();
    for status in ["reviewing", "shortlisted", "interviewing", "offered"] {
        let answer = board.set_status(id, status).await.expect(200);
        assert_eq!(answer.json["status"], status);
        assert!(answer.json["reviewed_at"].is_string());
    }
    let path = format!("/api/applications/{id}/");
    let own = freelancer.get(&path).await.expect(200);
    assert_eq!(own.json["next_statuses"], json!(["accepted", "withdrawn"]));
    let accepted = freelancer
        .patch(&path, json!({"status": "accepted"}))
        .await
        .expect(200);
    assert_eq!(accepted.json["status"], "accepted");
    assert_eq!(
        moves(&app, id).await,
        [
            ">pending",
            "pending>reviewing",
            "reviewing>shortlisted",
            "shortlisted>interviewing",
            "interviewing>offered",
            "offered>accepted"
        ]
    );
    board.set_status(id, "rejected").await.expect(409);
    app.drain_tasks().await;
}

#[tokio::test]
async fn a_stranger_does_not_even_wait_for_an_application() {
    let app = TestApp::start().await;
    let board = Board::new(&app).await;
    let id = board.apply(&app.freelancer().await).await.expect(201).id();
    let stranger = app.freelancer().await;
    let mut tx = app.db.begin().await.unwrap();
    sqlx::query("select from applications where id = $1 for update")
        .bind(id)
        .execute(&mut *tx)
        .await
        .unwrap();
    let path = format!("/api/applications/{id}/");
    let change = json!({"status": "withdrawn"});
    let answer = stranger.patch(&path, change);
    let answer = tokio::time::timeout(Duration::from_secs(30), answer).await;
    answer.expect("it does not wait").expect(404);
    tx.rollback().await.unwrap();
    app.drain_tasks().await;
}

#[tokio::test]
async fn an_illegal_move_names_the_legal_ones_and_changes_nothing() {
    let app = TestApp::start().await;
    let board = Board::new(&app).await;
    let freelancer = app.freelancer().await;
    let id = board.apply(&freelancer).await.expect(201).id();
    board.set_status(id, "interviewing").await.expect(200);
    for status in ["reviewing", "accepted", "pending"] {
        let answer = board.set_status(id, status).await.expect(409);
        assert_eq!(answer.json["code"], "illegal_transition");
        let detail = answer.json["detail"].as_str().unwrap();
        assert!(detail.ends_with("possible: offered, rejected"), "{detail}");
    }
    board.set_status(id, "withdrawn").await.expect(403);
    let path = format!("/api/applications/{id}/");
    freelancer
        .patch(&path, json!({"status": "offered"}))
        .await
        .expect(403);
    freelancer
        .patch(&path, json!({"status": "accepted"}))
        .await
        .expect(409);
    board.set_status(id, "hired").await.expect(422);
    assert_eq!(moves(&app, id).await, [">pending", "pending>interviewing"]);
    app.drain_tasks().await;
}

#[tokio::test]
async fn a_repeated_status_is_no_move() {
    let app = TestApp::start().await;
    let board = Board::new(&app).await;
    let freelancer = app.freelancer().await;
    let id = board.apply(&freelancer).await.expect(201).id();
    for _ in 0..3 {
        board.set_status(id, "reviewing").await.expect(200);
    }
    assert_eq!(moves(&app, id).await, [">pending", "pending>reviewing"]);
    app.drain_tasks().await;
    assert_eq!(app.emails().len(), 3);
}

#[tokio::test]
async fn of_two_final_moves_at_once_one_wins() {
    let app = TestApp::start().await;
    let board = Board::new(&app).await;
    let freelancer = app.freelancer().await;
    let id = board.apply(&freelancer).await.expect(201).id();
    let path = format!("/api/applications/{id}/");
    let (withdrawn, rejected) =
        tokio::join!(freelancer.delete(&path), board.set_status(id, "rejected"));
    let codes = (withdrawn.status.as_u16(), rejected.status.as_u16());
    assert!(matches!(codes, (204, 409) | (409, 200)), "{codes:?}");
    assert_eq!(moves(&app, id).await.len(), 2);
    app.drain_tasks().await;
}

#[tokio::test]
async fn a_rejection_carries_a_reason_and_nothing_else_does() {
    let app = TestApp::start().await;
    let board = Board::new(&app).await;
    let freelancer = app.freelancer().await;
    let id = board.apply(&freelancer).await.expect(201).id();
    let path = format!("/api/employers/applications/{id}/status/");
    let reason = |status: &str| json!({"status": status, "rejection_reason": "Too far away."});
    let answer = board
        .employer
        .patch(&path, reason("reviewing"))
        .await
        .expect(422);
    let code = (
        "rejection_reason".to_owned(),
        "only_with_rejection".to_owned(),
    );
    assert_eq!(answer.field_errors(), [code]);
    board
        .employer
        .patch(&path, reason("rejected"))
        .await
        .expect(200);
    let seen = freelancer
        .get(&format!("/api/applications/{id}/"))
        .await
        .expect(200);
    assert_eq!(seen.json["rejection_reason"], "Too far away.");
    app.drain_tasks().await;
}

#[tokio::test]
async fn each_side_writes_its_own_fields() {
    let app = TestApp::start().await;
    let board = Board::new(&app).await;
    let freelancer = app.freelancer().await;
    let id = board.apply(&freelancer).await.expect(201).id();
    let path = format!("/api/applications/{id}/");

    let letter = json!({"cover_letter": "I paint well.", "resume_url": "https://example.com/cv"});
    let answer = freelancer.patch(&path, letter.clone()).await.expect(200);
    assert_eq!(answer.json["cover_letter"], "I paint well.");
    assert_eq!(answer.json["resume_url"], "https://example.com/cv");
    let answer = freelancer
        .patch(&path, json!({"resume_url": null}))
        .await
        .expect(200);
    assert!(answer.json["resume_url"].is_null());
    let answer = freelancer
        .patch(&path, json!({"rating": 5, "internal_notes": "!"}))
        .await;
    let answer = answer.expect(403);
    assert_eq!(
        answer.json["detail"],
        "only the employer can write rating, internal_notes"
    );

    board
        .employer
        .patch(&path, letter.clone())
        .await
        .expect(403);
    board
        .employer
        .patch(&path, json!({"rating": 6}))
        .await
        .expect(422);
    let notes = json!({"rating": 4, "internal_notes": "Call back."});
    let answer = board.employer.patch(&path, notes).await.expect(200);
    assert_eq!(answer.json["rating"], 4);
    assert_eq!(answer.json["internal_notes"], "Call back.");
    assert_eq!(answer.json["status"], "pending");
    let answer = board
        .employer
        .patch(&path, json!({"rating": null}))
        .await
        .expect(200);
    assert!(answer.json["rating"].is_null());

    board.set_status(id, "reviewing").await.expect(200);
    let answer = freelancer.patch(&path, letter).await.expect(409);
    assert_eq!(answer.json["code"], "already_in_review");
    app.drain_tasks().await;
}

#[tokio::test]
async fn a_withdrawn_application_stays_on_record() {
    let app = TestApp::start().await;
    let board = Board::new(&app).await;
    let freelancer = app.freelancer().await;
    let id = board.apply(&freelancer).await.expect(201).id();
    let path = format!("/api/applications/{id}/");
    app.anonymous().delete(&path).await.expect(401);
    board.employer.delete(&path).await.expect(403);
    freelancer.delete(&path).await.expect(204);
    freelancer.delete(&path).await.expect(204);
    let seen = board.employer.get(&path).await.expect(200);
    assert_eq!(seen.json["status"], "withdrawn");
    let again = board.apply(&freelancer).await.expect(409);
    assert_eq!(again.json["code"], "already_applied");
    board.set_status(id, "reviewing").await.expect(409);
    app.drain_tasks().await;
}
