//! Whom mails name as their sender.

use serde_json::json;
use uuid::Uuid;

use crate::{
    applications::Board,
    support::{Client, TestApp},
};

/// The sender of the newest mail to somebody.
fn sender(app: &TestApp, to: &Client) -> String {
    let mails = app.emails();
    let mail = mails.iter().rfind(|mail| mail.to == to.email).unwrap();
    let from = mail
        .raw
        .lines()
        .find_map(|line| line.strip_prefix("From: "));
    from.unwrap().to_owned()
}

#[tokio::test]
async fn a_company_writes_by_its_name_through_the_board() {
    let app = TestApp::start().await;
    let board = Board::new(&app).await;
    let (company, name): (Uuid, String) = sqlx::query_as(
        "select c.id, c.name from jobs j join companies c on c.id = j.company_id where j.id = $1",
    )
    .bind(board.job_id)
    .fetch_one(&app.db)
    .await
    .unwrap();
    let host = app.config.http.public_url.host_str().unwrap().to_owned();
    let freelancer = app.freelancer().await;
    let id = board.apply(&freelancer).await.expect(201).id();
    app.drain_tasks().await;
    assert!(
        sender(&app, &freelancer).starts_with(&format!("\"{name} via {host}\" <")),
        "{}",
        sender(&app, &freelancer)
    );
    // What tells the employer is the board's own.
    assert!(!sender(&app, &board.employer).contains(" via "));

    let admin = app.admin().await;
    let brand = json!({"brand_name": "Good Jobs"});
    admin.patch("/api/admin/settings/", brand).await.expect(200);
    let path = format!("/api/companies/{company}/");
    for wish in [String::new(), " ".into(), "a\u{1}b".into(), "x".repeat(101)] {
        let body = json!({"name": name, "mail_sender_name": wish});
        let refused = board.employer.put(&path, body).await.expect(422);
        assert_eq!(refused.json["errors"][0]["field"], "mail_sender_name");
    }
    let body = json!({"name": name, "mail_sender_name": " Acme  Berlin"});
    let changed = board.employer.put(&path, body).await.expect(200);
    assert_eq!(changed.json["mail_sender_name"], "Acme Berlin");
    board.set_status(id, "reviewing").await.expect(200);
    app.drain_tasks().await;
    let from = sender(&app, &freelancer);
    assert!(
        from.starts_with("\"Acme Berlin via Good Jobs\" <"),
        "{from}"
    );
}
