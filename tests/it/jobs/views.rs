use std::time::Duration;

use jobboard_shared::{jobs::tasks::ForgetAddresses, trending::tasks::ApplySignals};
use serde_json::Value;
use uuid::Uuid;

use super::{ad, post, publish};
use crate::support::TestApp;

/// The looks that are kept, and those that wait to be added to the job's count.
async fn counted(app: &TestApp, job_id: Uuid) -> (i64, i64) {
    sqlx::query_as(
        "select (select count(*) from job_views where job_id = $1),
            (select count(*) from job_signals where job_id = $1 and kind = 'view')",
    )
    .bind(job_id)
    .fetch_one(&app.db)
    .await
    .unwrap()
}

#[tokio::test]
async fn looks_are_counted_but_the_owners_own() {
    let app = TestApp::start().await;
    let owner = app.employer().await;
    let id = publish(&owner, "Cook").await;
    let path = format!("/api/jobs/{id}/");
    owner.get(&path).await.expect(200);
    assert_eq!(counted(&app, id).await, (0, 0));
    app.anonymous().get(&path).await.expect(200);
    app.employer().await.get(&path).await.expect(200);
    assert_eq!(counted(&app, id).await, (2, 2));
    let draft = post(&owner, ad("Draft")).await;
    app.admin()
        .await
        .get(&format!("/api/jobs/{draft}/"))
        .await
        .expect(200);
    assert_eq!(counted(&app, draft).await, (0, 0));
    app.drain_tasks().await;
}

#[tokio::test]
async fn a_head_request_is_no_look() {
    let app = TestApp::start().await;
    let owner = app.employer().await;
    let id = publish(&owner, "Cook").await;
    let seeker = app.freelancer().await;
    let path = format!("/api/jobs/{id}/");
    let head = seeker.request(reqwest::Method::HEAD, &path).send().await;
    assert_eq!(head.unwrap().status(), 200);
    assert_eq!(counted(&app, id).await, (0, 0));
    seeker.get(&path).await.expect(200);
    assert_eq!(counted(&app, id).await, (1, 1));
    app.drain_tasks().await;
}

#[tokio::test]
async fn a_visitor_counts_once_in_thirty_minutes() {
    let app = TestApp::start().await;
    let owner = app.employer().await;
    let id = publish(&owner, "Cook").await;
    let path = format!("/api/jobs/{id}/");
    let seeker = app.freelancer().await;
    for _ in 0..3 {
        seeker.get(&path).await.expect(200);
    }
    assert_eq!(counted(&app, id).await, (1, 1));
    app.advance_time(Duration::from_secs(31 * 60)).await;
    seeker.get(&path).await.expect(200);
    assert_eq!(counted(&app, id).await, (2, 2));
    app.drain_tasks().await;
}

#[tokio::test]
async fn parallel_looks_of_one_visitor_count_once_and_of_many_all() {
    let app = TestApp::start().await;
    let owner = app.employer().await;
    let id = publish(&owner, "Cook").await;
    let path = format!("/api/jobs/{id}/");
    let seeker = app.freelancer().await;
    let looks = (0..20).map(|_| seeker.get(&path));
    for answer in futures::future::join_all(looks).await {
        answer.expect(200);
    }
    assert_eq!(counted(&app, id).await, (1, 1));
    let visitors: Vec<_> = (0..10).map(|_| app.visitor()).collect();
    let looks = (0..20).map(|n| visitors[n / 2].get(&path));
    for answer in futures::future::join_all(looks).await {
        answer.expect(200);
    }
    assert_eq!(counted(&app, id).await, (11, 11));
    app.drain_tasks().await;
}

#[tokio::test]
async fn an_address_counts_once_in_thirty_minutes_and_is_forgotten_then() {
    let app = TestApp::start().await;
    let owner = app.employer().await;
    let (id, other) = (
        publish(&owner, "Cook").await,
        publish(&owner, "Baker").await,
    );
    let path = format!("/api/jobs/{id}/");
    let (one, two) = (app.visitor(), app.visitor());
    for visitor in [&one, &one, &two, &two] {
        visitor.get(&path).await.expect(200);
    }
    assert_eq!(counted(&app, id).await, (2, 2));
    one.get(&format!("/api/jobs/{other}/")).await.expect(200);
    assert_eq!(counted(&app, other).await, (1, 1));
    app.enqueue(&ForgetAddresses {}).await;
    app.drain_tasks().await;
    assert_eq!(kept_addresses(&app).await, 3);

    // Over midnight, whenever the test runs.
    for _ in 0..48 {
        app.advance_time(Duration::from_secs(29 * 60)).await;
        one.get(&path).await.expect(200);
        app.advance_time(Duration::from_secs(2 * 60)).await;
        one.get(&path).await.expect(200);
    }
    let views: i64 = sqlx::query_scalar("select count(*) from job_views where job_id = $1")
        .bind(id)
        .fetch_one(&app.db)
        .await
        .unwrap();
    assert_eq!(views, 2 + 48);
    app.advance_time(Duration::from_secs(31 * 60)).await;
    app.enqueue(&ForgetAddresses {}).await;
    app.drain_tasks().await;
    assert_eq!(kept_addresses(&app).await, 0);
}

async fn kept_addresses(app: &TestApp) -> i64 {
    sqlx::query_scalar("select count(*) from job_view_addresses")
        .fetch_one(&app.db)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_look_keeps_who_and_whence_without_the_query() {
    let app = TestApp::start().await;
    let owner = app.employer().await;
    let id = publish(&owner, "Cook").await;
    let seeker = app.freelancer().await;
    seeker
        .request(reqwest::Method::GET, &format!("/api/jobs/{id}/"))
        .header("user-agent", "a browser")
        .header("referer", "https://search.example/results?q=secret#x")
        .send()
        .await
        .unwrap();
    let row: (Option<Uuid>, String, String) =
        sqlx::query_as("select user_id, user_agent, referrer from job_views")
            .fetch_one(&app.db)
            .await
            .unwrap();
    let expected = (
        Some(seeker.user_id),
        "a browser".to_owned(),
        "https://search.example/results".to_owned(),
    );
    assert_eq!(row, expected);
    app.drain_tasks().await;
}

#[tokio::test]
async fn a_look_is_no_edit() {
    let app = TestApp::start().await;
    let owner = app.employer().await;
    let id = publish(&owner, "Cook").await;
    let path = format!("/api/jobs/{id}/");
    let read = |job: Value| job["updated_at"].clone();
    let before = read(owner.get(&path).await.expect(200).json);
    app.anonymous().get(&path).await.expect(200);
    assert_eq!(read(owner.get(&path).await.expect(200).json), before);
    app.drain_tasks().await;
}

#[tokio::test]
async fn looks_are_added_to_the_job_once() {
    let app = TestApp::start().await;
    let owner = app.employer().await;
    let id = publish(&owner, "Cook").await;
    let path = format!("/api/jobs/{id}/");
    for _ in 0..3 {
        app.visitor().get(&path).await.expect(200);
    }
    for _ in 0..2 {
        app.enqueue(&ApplySignals {}).await;
        app.drain_tasks().await;
        let job = owner.get(&path).await.expect(200);
        assert_eq!(job.json["view_count"], 3);
    }
}
