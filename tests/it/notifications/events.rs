//! Which events are told to whom.

use std::time::Duration;

use jobboard_shared::{jobs::tasks::CloseExpired, recommendations::tasks::Plan};
use reqwest::{Method, header};
use serde_json::{Value, json};

use super::{lines, titles};
use crate::{
    applications::Board,
    support::{Client, Response, TestApp},
};

/// The only line, of this kind and type.
async fn only(client: &Client, kind: &str, notification_type: &str) -> Value {
    let lines = lines(client).await;
    let [line] = lines.as_slice() else {
        panic!("one line, not {lines:?}");
    };
    assert_eq!(line["kind"], kind);
    assert_eq!(line["notification_type"], notification_type);
    line.clone()
}

#[tokio::test]
async fn an_application_and_its_moves_are_told_to_the_other_side() {
    let app = TestApp::start().await;
    let board = Board::new(&app).await;
    let freelancer = app.freelancer().await;
    let id = board.apply(&freelancer).await.expect(201).id();
    let line = only(
        &board.employer,
        "application_received",
        "application_status",
    )
    .await;
    assert_eq!(line["title"], "Robin Example has applied for Painter");
    assert_eq!(line["data"]["application_id"], id.to_string());
    assert_eq!(line["action_url"], format!("/api/applications/{id}/"));
    assert!(lines(&freelancer).await.is_empty(), "who did it knows");

    let path = format!("/api/employers/applications/{id}/status/");
    let body = json!({"status": "offered", "message": "We want you."});
    board.employer.patch(&path, body).await.expect(200);
    let line = only(
        &freelancer,
        "application_status_changed",
        "application_status",
    )
    .await;
    assert_eq!(line["message"], "We want you.");
    assert_eq!(line["data"]["status"], "offered");
    // No move, no word.
    board.set_status(id, "offered").await.expect(200);
    let path = format!("/api/applications/{id}/");
    freelancer
        .patch(&path, json!({"status": "accepted"}))
        .await
        .expect(200);
    assert_eq!(lines(&freelancer).await.len(), 1);
    assert_eq!(
        titles(&lines(&board.employer).await),
        [
            "Robin Example has accepted your offer: Painter",
            "Robin Example has applied for Painter"
        ]
    );
    app.drain_tasks().await;
}

#[tokio::test]
async fn a_line_knows_that_its_mail_has_left() {
    let app = TestApp::start().await;
    let board = Board::new(&app).await;
    let freelancer = app.freelancer().await;
    board.apply(&freelancer).await.expect(201);
    let line = &lines(&board.employer).await[0];
    assert_eq!(
        (&line["is_email_sent"], &line["is_sent"]),
        (&json!(false), &json!(false))
    );
    app.drain_tasks().await;
    let line = &lines(&board.employer).await[0];
    assert_eq!(
        (&line["is_email_sent"], &line["is_sent"]),
        (&json!(true), &json!(true))
    );
    assert!(line["sent_at"].is_string());
}

#[tokio::test]
async fn a_change_that_fails_tells_nobody() {
    let app = TestApp::start().await;
    let board = Board::new(&app).await;
    let freelancer = app.freelancer().await;
    sqlx::query(
        "create function refuse() returns trigger language plpgsql as
             $$ begin raise 'refused'; end $$",
    )
    .execute(&app.db)
    .await
    .unwrap();
    // At the commit, when all is written.
    sqlx::query(
        "create constraint trigger refuse after insert on application_status_changes
         deferrable initially deferred for each row execute function refuse()",
    )
    .execute(&app.db)
    .await
    .unwrap();
    board.apply(&freelancer).await.expect(500);
    assert!(lines(&board.employer).await.is_empty());
}

#[tokio::test]
async fn an_expired_job_is_told_to_its_employer() {
    let app = TestApp::start().await;
    let board = Board::new(&app).await;
    let past =
        "published_at = app_now() - interval '2 days', expires_at = app_now() - interval '1 day'";
    board.change_job(&app, board.job_id, past).await;
    app.enqueue(&CloseExpired {}).await;
    app.drain_tasks().await;
    let line = only(&board.employer, "job_expired", "system").await;
    assert_eq!(line["title"], "Your job has expired: Painter");
}

#[tokio::test]
async fn a_finished_import_is_told_to_whoever_uploaded_it() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let request = admin
        .request(Method::POST, "/api/jobs/import/?source=trades")
        .header(header::CONTENT_TYPE, "text/csv")
        .body("external_id,title,company\n1,Painter,Brush Works\n2,,Brush Works\n");
    let id = Response::read(request, "upload".to_owned())
        .await
        .expect(202)
        .id();
    assert!(lines(&admin).await.is_empty());
    app.drain_tasks().await;
    let line = only(&admin, "import_finished", "system").await;
    assert_eq!(line["data"]["import_id"], id.to_string());
    assert_eq!(
        (&line["data"]["created"], &line["data"]["failed"]),
        (&json!(1), &json!(1))
    );
}

#[tokio::test]
async fn a_changed_password_is_told_to_its_account() {
    let app = TestApp::start().await;
    let user = app.freelancer().await;
    let body = json!({"current_password": crate::support::PASSWORD,
                      "password": "another horse battery staple"});
    user.post("/api/auth/password/change/", body)
        .await
        .expect(204);
    only(&user, "password_changed", "system").await;
    app.drain_tasks().await;
}

#[tokio::test]
async fn a_decision_on_verification_is_told_to_the_employer() {
    let app = TestApp::start().await;
    let (admin, employer) = (app.admin().await, app.employer().await);
    let profile = employer
        .get("/api/employers/profile/")
        .await
        .expect(200)
        .id();
    let path = format!("/api/admin/employers/{profile}");
    admin
        .post(&format!("{path}/verify/"), json!({}))
        .await
        .expect(200);
    let line = only(&employer, "verification_decided", "system").await;
    assert_eq!(line["title"], "Your account is verified");
    let reason = json!({"reason": "The register does not know you."});
    admin
        .post(&format!("{path}/reject/"), reason)
        .await
        .expect(200);
    let line = &lines(&employer).await[0];
    assert_eq!(line["title"], "Your account is no longer verified");
    assert_eq!(line["message"], "The register does not know you.");
    app.drain_tasks().await;
}

#[tokio::test]
async fn new_recommendations_are_told_once_and_not_again_while_unread() {
    let app = TestApp::start().await;
    let (employer, freelancer) = (app.employer().await, app.freelancer().await);
    let post = async |employer: &Client, number: usize| {
        let job = json!({"title": "Python developer", "company": format!("Company {number}"),
                         "location": "Berlin, Germany", "skills": ["python", "django"],
                         "description": "We look for a Python developer.", "status": "published"});
        employer.post("/api/jobs/", job).await.expect(201);
    };
    for number in 0..6 {
        post(&employer, number).await;
    }
    let profile = json!({"first_name": "Robin", "last_name": "Example",
                         "title": "Python developer", "location": "Berlin, Germany"});
    freelancer
        .put("/api/freelancers/profile/", profile)
        .await
        .expect(200);
    let run = async || {
        app.enqueue(&Plan::default()).await;
        app.drain_tasks().await;
    };
    run().await;
    let line = only(&freelancer, "recommendations_ready", "job_match").await;
    assert_eq!(line["data"]["jobs"], 6);
    assert_eq!(line["title"], "6 new jobs fit you");
    // Nothing new, and then something new while the last line is unread.
    run().await;
    post(&employer, 6).await;
    run().await;
    assert_eq!(lines(&freelancer).await.len(), 1);
    freelancer
        .post("/api/notifications/read/", json!({}))
        .await
        .expect(200);
    post(&employer, 7).await;
    run().await;
    assert_eq!(lines(&freelancer).await.len(), 1, "within a day");
    app.advance_time(Duration::from_secs(21 * 3600)).await;
    let employer = app.login(&employer.email).await;
    let freelancer = app.login(&freelancer.email).await;
    post(&employer, 8).await;
    run().await;
    let told = lines(&freelancer).await;
    assert_eq!(told.len(), 2);
    assert_eq!(told[0]["title"], "A new job fits you");
}
