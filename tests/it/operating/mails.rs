use serde_json::Value;

use super::unknown_mail;
use crate::support::TestApp;

#[tokio::test]
async fn mails_in_doubt_are_listed_and_sent_again_once() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let ids = [unknown_mail(&app).await, unknown_mail(&app).await];
    let first = admin
        .get("/api/admin/tasks/mails/?page_size=1")
        .await
        .expect(200);
    assert_eq!(first.results()[0]["id"], ids[1].to_string());
    assert_eq!(first.results()[0]["last_error"], "no answer");
    let cursor = first.json["next_cursor"].as_str().unwrap();
    let next = format!("/api/admin/tasks/mails/?page_size=1&cursor={cursor}");
    let next = admin.get(&next).await.expect(200);
    assert_eq!(next.results()[0]["id"], ids[0].to_string());
    let dead = admin
        .get("/api/admin/tasks/mails/?status=dead")
        .await
        .expect(200);
    assert!(dead.results().is_empty());
    admin
        .get("/api/admin/tasks/mails/?status=sent")
        .await
        .expect(422);

    let path = format!("/api/admin/tasks/mails/{}/resend/", ids[0]);
    let answer = admin.post(&path, Value::Null).await.expect(200);
    let task = super::task(&admin, answer.json["task_id"].as_i64().unwrap()).await;
    assert_eq!(
        (&task["state"], &task["kind"]),
        (&"pending".into(), &"mail.send".into())
    );
    let again = admin.post(&path, Value::Null).await.expect(409);
    assert_eq!(again.json["code"], "mail_status");
    let unknown = "/api/admin/tasks/mails/01890000-0000-7000-8000-000000000000/resend/";
    admin.post(unknown, Value::Null).await.expect(404);
    app.drain_tasks().await;
}
