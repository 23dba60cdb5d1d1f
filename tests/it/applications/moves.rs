//! What is on record of an application's moves.

use serde_json::{Value, json};

use super::Board;
use crate::support::TestApp;

fn told(page: &[Value]) -> Vec<(&str, &str, &str, &str)> {
    page.iter()
        .map(|step| {
            let text = |name: &str| step[name].as_str().unwrap_or("-");
            (
                text("from_status"),
                text("to_status"),
                text("by"),
                text("note"),
            )
        })
        .collect()
}

#[tokio::test]
async fn both_sides_read_the_record_and_the_applicant_no_names() {
    let app = TestApp::start().await;
    let board = Board::new(&app).await;
    let freelancer = app.freelancer().await;
    let id = board.apply(&freelancer).await.expect(201).id();
    let status = format!("/api/employers/applications/{id}/status/");
    let words = json!({"status": "reviewing", "message": "We read."});
    board.employer.patch(&status, words).await.expect(200);
    freelancer
        .delete(&format!("/api/applications/{id}/"))
        .await
        .expect(204);

    let path = format!("/api/applications/{id}/history/");
    let expected = [
        ("reviewing", "withdrawn", "applicant", ""),
        ("pending", "reviewing", "employer", "We read."),
        ("-", "pending", "applicant", ""),
    ];
    let own = freelancer.get(&path).await.expect(200);
    assert_eq!(told(own.results()), expected);
    assert_eq!(own.results()[0]["changed_by"], json!(freelancer.user_id));
    assert_eq!(own.results()[1]["changed_by"], json!(null));
    let seen = board.employer.get(&path).await.expect(200);
    assert_eq!(told(seen.results()), expected);
    assert_eq!(
        seen.results()[1]["changed_by"],
        json!(board.employer.user_id)
    );
    app.admin().await.get(&path).await.expect(200);

    let first = freelancer
        .get(&format!("{path}?page=2&page_size=2"))
        .await
        .expect(200);
    assert_eq!(first.json["count"], 3);
    assert_eq!(told(first.results()), expected[2..]);

    app.anonymous().get(&path).await.expect(401);
    app.freelancer().await.get(&path).await.expect(404);
    app.employer().await.get(&path).await.expect(404);
    app.drain_tasks().await;
}

#[tokio::test]
async fn a_withdrawal_is_final() {
    let app = TestApp::start().await;
    let board = Board::new(&app).await;
    let freelancer = app.freelancer().await;
    let id = board.apply(&freelancer).await.expect(201).id();
    let path = format!("/api/applications/{id}/");
    freelancer.delete(&path).await.expect(204);
    let again = board.apply(&freelancer).await.expect(409);
    assert_eq!(again.json["code"], "already_applied");
    freelancer.delete(&path).await.expect(204);
    let own = freelancer.get(&path).await.expect(200);
    assert_eq!(own.json["status"], "withdrawn");
    app.drain_tasks().await;
}

#[tokio::test]
async fn an_account_that_is_deleted_is_no_longer_counted() {
    let app = TestApp::start().await;
    let board = Board::new(&app).await;
    for _ in 0..2 {
        board.apply(&app.freelancer().await).await.expect(201);
    }
    let leaving = app.freelancer().await;
    board.apply(&leaving).await.expect(201);
    app.drain_tasks().await;
    sqlx::query("delete from users where id = $1")
        .bind(leaving.user_id)
        .execute(&app.db)
        .await
        .unwrap();
    let path = format!("/api/jobs/{}/", board.job_id);
    let job = board.employer.get(&path).await.expect(200);
    assert_eq!(job.json["application_count"], 2);
}

#[tokio::test]
async fn null_clears_what_may_be_empty() {
    let app = TestApp::start().await;
    let board = Board::new(&app).await;
    let freelancer = app.freelancer().await;
    let id = board.apply(&freelancer).await.expect(201).id();
    let path = format!("/api/applications/{id}/");
    let own = freelancer
        .patch(&path, json!({"cover_letter": null, "answers": null}))
        .await
        .expect(200);
    assert_eq!(own.json["cover_letter"], "");
    assert_eq!(own.json["answers"], json!({}));
    let notes = json!({"internal_notes": "Good", "rating": 5});
    board.employer.patch(&path, notes).await.expect(200);
    let cleared = json!({"internal_notes": null, "rating": null});
    let seen = board.employer.patch(&path, cleared).await.expect(200);
    assert_eq!(seen.json["internal_notes"], "");
    assert_eq!(seen.json["rating"], json!(null));
    let refused = board
        .employer
        .patch(&path, json!({"status": null}))
        .await
        .expect(422);
    assert_eq!(
        refused.field_errors(),
        [("status".to_owned(), "required".to_owned())]
    );
    app.drain_tasks().await;
}
