//! How many published jobs an employer may have.

use std::time::Duration;

use futures::future::join_all;
use jobboard_shared::jobs::tasks::PublishDue;
use serde_json::json;

use super::{ad, post, publish, with};
use crate::support::{Response, TestApp};

async fn limit(app: &TestApp, most: u32) {
    let body = json!({"max_active_jobs_per_employer": most});
    let admin = app.admin().await;
    admin.patch("/api/admin/settings/", body).await.expect(200);
}

fn is_over(answer: &Response) -> bool {
    answer.json["code"] == "max_active_jobs_per_employer"
}

#[tokio::test]
async fn one_job_more_than_allowed_stays_unpublished_however_it_is_tried() {
    let app = TestApp::start().await;
    let owner = app.employer().await;
    limit(&app, 2).await;
    let first = publish(&owner, "One").await;
    publish(&owner, "Two").await;
    let draft = post(&owner, ad("Three")).await;
    let path = format!("/api/jobs/{draft}/");
    let new = with(ad("Four"), json!({"status": "published"}));
    for answer in [
        owner.post("/api/jobs/", new).await,
        owner.post(&format!("{path}publish/"), json!(null)).await,
        owner.patch(&path, json!({"status": "published"})).await,
    ] {
        assert!(is_over(&answer.expect(409)));
    }
    let publish_at = app.clock.now() + Duration::from_secs(60);
    owner
        .patch(&path, json!({"publish_at": publish_at}))
        .await
        .expect(200);
    app.advance_time(Duration::from_secs(61)).await;
    for (status, then_close) in [("draft", true), ("published", false)] {
        app.enqueue(&PublishDue {}).await;
        app.drain_tasks().await;
        let job = owner.get(&path).await.expect(200);
        assert_eq!(job.json["status"], status);
        if then_close {
            let close = format!("/api/jobs/{first}/close/");
            owner.post(&close, json!(null)).await.expect(200);
        }
    }
    // What is closed does not open over the limit, and administrators are free.
    let open = format!("/api/jobs/{first}/publish/");
    assert!(is_over(&owner.post(&open, json!(null)).await.expect(409)));
    app.admin().await.post(&open, json!(null)).await.expect(200);
    app.drain_tasks().await;
}

#[tokio::test]
async fn publications_at_once_stop_at_the_limit() {
    let app = TestApp::start().await;
    let owner = app.employer().await;
    limit(&app, 3).await;
    let mut drafts = Vec::new();
    for _ in 0..8 {
        drafts.push(post(&owner, ad("Cook")).await);
    }
    let answers = join_all(drafts.iter().map(|id| {
        let path = format!("/api/jobs/{id}/publish/");
        let owner = &owner;
        async move { owner.post(&path, json!(null)).await }
    }))
    .await;
    let published = answers.iter().filter(|a| a.status.as_u16() == 200).count();
    assert_eq!(published, 3);
    assert_eq!(answers.iter().filter(|answer| is_over(answer)).count(), 5);
    let profile = owner.get("/api/employers/profile/").await.expect(200);
    assert_eq!(profile.json["active_jobs_count"], 3);
    app.drain_tasks().await;
}

#[tokio::test]
async fn an_import_stops_at_the_limit_and_says_so_row_by_row() {
    let app = TestApp::start().await;
    let owner = app.employer().await;
    limit(&app, 3).await;
    publish(&owner, "One").await;
    let file = "external_id,title,company\n1,Welder,Tech Corp\n2,Smith,Tech Corp\n\
                2,Smith,Tech Corp\n3,Founder,Tech Corp\n4,Turner,Tech Corp\n";
    let request = owner
        .request(reqwest::Method::POST, "/api/jobs/import/")
        .header("content-type", "text/csv")
        .body(file);
    let import = Response::read(request, "import".to_owned())
        .await
        .expect(202)
        .id();
    app.drain_tasks().await;
    let report = owner
        .get(&format!("/api/imports/{import}/"))
        .await
        .expect(200);
    for (count, expected) in [("created", 2), ("duplicates", 1), ("failed", 2)] {
        assert_eq!(report.json[count], expected, "{count}: {}", report.text);
    }
    assert!(report.text.contains("max_active_jobs_per_employer"));
    let profile = owner.get("/api/employers/profile/").await.expect(200);
    assert_eq!(profile.json["active_jobs_count"], 3);
}
