//! Messages that somebody finds wrong.

use serde_json::{Value, json};

use super::Talk;
use crate::support::TestApp;

const REPORTS: &str = "/api/admin/message-reports/";

#[tokio::test]
async fn an_administrator_looks_at_what_is_reported_and_may_remove_it() {
    let app = TestApp::start().await;
    let talk = Talk::begin(&app).await;
    let admin = app.admin().await;
    talk.say(talk.employer(), "Pay me first.").await.expect(201);
    talk.say(talk.employer(), "In coupons.").await.expect(201);
    let report = |number: i64, reason: &str| {
        let path = talk.path(&format!("messages/{number}/report/"));
        let (reason, freelancer) = (json!({"reason": reason}), talk.freelancer.clone());
        async move { freelancer.post(&path, reason).await }
    };
    report(1, "fraud").await.expect(204);
    report(1, "fraud again").await.expect(204);
    report(2, "fraud, too").await.expect(204);
    // Not the own, and not what is not there.
    report(3, "nothing").await.expect(404);
    let own = talk.path("messages/1/report/");
    let body = json!({"reason": "mine"});
    talk.employer().post(&own, body).await.expect(404);
    report(1, " ").await.expect(422);

    let open = admin.get(&format!("{REPORTS}?is_open=true")).await;
    let open = open.expect(200).results().clone();
    let reasons: Vec<_> = open.iter().map(|one| one["reason"].clone()).collect();
    assert_eq!(reasons, ["fraud, too", "fraud"]);
    assert_eq!(open[1]["body"], "Pay me first.");
    assert_eq!(open[1]["side"], "employer");

    let close = |report: &Value, outcome: &str| {
        let path = format!("{REPORTS}{}/close/", report["id"].as_str().unwrap());
        let (admin, body) = (admin.clone(), json!({"outcome": outcome}));
        async move { admin.post(&path, body).await }
    };
    let closed = close(&open[1], "removed").await.expect(200).json;
    assert_eq!(closed["outcome"], "removed");
    assert_eq!(closed["closed_by"], json!(admin.user_id));
    let again = close(&open[1], "dismissed").await.expect(409);
    assert_eq!(again.json["code"], "closed");
    close(&open[0], "dismissed").await.expect(200);

    let list = talk
        .freelancer
        .get(&talk.path("messages/"))
        .await
        .expect(200);
    let shown: Vec<_> = list
        .results()
        .iter()
        .map(|m| (m["body"].clone(), m["is_removed"].clone()))
        .collect();
    let expected = [
        (json!("In coupons."), json!(false)),
        (json!(""), json!(true)),
    ];
    assert_eq!(shown, expected);
    // Nor does the notification centre say it.
    let told = talk
        .freelancer
        .get("/api/notifications/?notification_type=message");
    let told: Vec<_> = told
        .await
        .expect(200)
        .results()
        .iter()
        .map(|line| line["message"].clone())
        .collect();
    assert_eq!(told, ["In coupons.", ""]);
    let left = admin.get(&format!("{REPORTS}?is_open=true")).await;
    assert!(left.expect(200).results().is_empty());
    let all = admin.get(&format!("{REPORTS}?is_open=false")).await;
    assert_eq!(all.expect(200).results().len(), 2);
    app.drain_tasks().await;
}
