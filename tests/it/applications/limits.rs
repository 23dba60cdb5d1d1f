//! How many applications a freelancer may send in 24 hours.

use std::time::Duration;

use futures::future::join_all;
use serde_json::json;

use super::Board;
use crate::support::TestApp;

#[tokio::test]
async fn more_applications_than_allowed_wait_for_another_day() {
    let app = TestApp::start().await;
    let board = Board::new(&app).await;
    let body = json!({"max_applications_per_day": 3});
    let admin = app.admin().await;
    admin.patch("/api/admin/settings/", body).await.expect(200);
    let seeker = app.freelancer().await;
    let mut jobs = Vec::new();
    for _ in 0..8 {
        jobs.push(board.another_job(&app).await);
    }
    let answers = join_all(
        jobs.iter()
            .map(|job_id| seeker.post("/api/applications/", json!({"job_id": job_id}))),
    )
    .await;
    let sent = answers.iter().filter(|a| a.status.as_u16() == 201).count();
    assert_eq!(sent, 3);
    for answer in answers.into_iter().filter(|a| a.status.as_u16() != 201) {
        let answer = answer.expect(429);
        assert_eq!(answer.json["code"], "max_applications_per_day");
        let seconds: u64 = answer.headers["retry-after"]
            .to_str()
            .unwrap()
            .parse()
            .unwrap();
        assert!((86_000..=86_400).contains(&seconds), "{seconds}");
    }
    // Another applicant has a day of their own.
    board.apply(&app.freelancer().await).await.expect(201);
    app.drain_tasks().await;
    app.advance_time(Duration::from_secs(86_401)).await;
    let seeker = app.login(&seeker.email).await;
    board.apply(&seeker).await.expect(201);
    app.drain_tasks().await;
}
