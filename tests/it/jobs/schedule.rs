//! What time does to jobs.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use jobboard_shared::jobs::tasks::{CloseExpired, PublishDue};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{ad, post, with};
use crate::support::{Client, TestApp};

const HOUR: Duration = Duration::from_secs(3_600);

async fn scheduled(app: &TestApp, owner: &Client, after: Duration) -> Uuid {
    let publish_at = app.clock.now() + after;
    post(owner, with(ad("Cook"), json!({"publish_at": publish_at}))).await
}

async fn publish_due(app: &TestApp) {
    app.enqueue(&PublishDue {}).await;
    app.drain_tasks().await;
}

async fn read(owner: &Client, id: Uuid) -> Value {
    let path = format!("/api/jobs/{id}/");
    owner.get(&path).await.expect(200).json
}

fn time(value: &Value) -> DateTime<Utc> {
    value.as_str().expect("a time").parse().expect("RFC 3339")
}

#[tokio::test]
async fn a_draft_is_published_at_its_time_and_not_before_and_once() {
    let app = TestApp::start().await;
    let owner = app.employer().await;
    let id = scheduled(&app, &owner, HOUR).await;
    publish_due(&app).await;
    let draft = read(&owner, id).await;
    assert_eq!(draft["status"], "draft");
    assert!(draft["publish_at"].is_string());
    app.anonymous()
        .get(&format!("/api/jobs/{id}/"))
        .await
        .expect(404);

    app.advance_time(HOUR).await;
    let owner = app.login(&owner.email).await;
    publish_due(&app).await;
    let first = read(&owner, id).await;
    assert_eq!(first["status"], "published");
    assert_eq!(first["publish_at"], json!(null));
    assert!(time(&first["published_at"]) >= time(&draft["publish_at"]));
    publish_due(&app).await;
    let second = read(&owner, id).await;
    assert_eq!(second["published_at"], first["published_at"]);

    let path = format!("/api/jobs/{id}/history/");
    let moves = owner.get(&path).await.expect(200);
    let moves: Vec<_> = moves
        .results()
        .iter()
        .map(|step| (&step["to_status"], &step["cause"], &step["changed_by"]))
        .collect();
    assert_eq!(
        moves,
        [
            (&json!("published"), &json!("schedule"), &json!(null)),
            (&json!("draft"), &json!("request"), &json!(owner.user_id)),
        ]
    );
    let list = app.anonymous().get("/api/jobs/").await.expect(200);
    assert_eq!(list.results().len(), 1);
}

#[tokio::test]
async fn a_schedule_can_be_moved_and_dropped() {
    let app = TestApp::start().await;
    let owner = app.employer().await;
    let (moved, dropped, published) = (
        scheduled(&app, &owner, HOUR).await,
        scheduled(&app, &owner, HOUR).await,
        scheduled(&app, &owner, HOUR).await,
    );
    let change = async |id: Uuid, body: Value| owner.patch(&format!("/api/jobs/{id}/"), body).await;
    let later = app.clock.now() + TimeDelta::hours(3);
    change(moved, json!({"publish_at": later}))
        .await
        .expect(200);
    // Another change leaves the schedule alone.
    change(moved, json!({"title": "Chef"})).await.expect(200);
    change(dropped, json!({"publish_at": null}))
        .await
        .expect(200);
    let early = change(published, json!({"status": "published"})).await;
    assert_eq!(early.expect(200).json["publish_at"], json!(null));
    app.advance_time(2 * HOUR).await;
    publish_due(&app).await;
    let owner = app.login(&owner.email).await;
    assert_eq!(read(&owner, moved).await["status"], "draft");
    assert_eq!(read(&owner, dropped).await["status"], "draft");
    app.advance_time(2 * HOUR).await;
    publish_due(&app).await;
    let owner = app.login(&owner.email).await;
    assert_eq!(read(&owner, moved).await["status"], "published");
    assert_eq!(read(&owner, dropped).await["status"], "draft");
}

#[tokio::test]
async fn a_schedule_that_cannot_be_is_refused() {
    let app = TestApp::start().await;
    let owner = app.employer().await;
    let at = |hours| app.clock.now() + TimeDelta::hours(hours);
    for (fields, field, code) in [
        (json!({"publish_at": at(-1)}), "publish_at", "in_the_past"),
        (
            json!({"publish_at": at(1), "status": "published"}),
            "publish_at",
            "only_for_drafts",
        ),
        (
            json!({"publish_at": at(2), "expires_at": at(1)}),
            "expires_at",
            "before_publication",
        ),
    ] {
        let refused = owner
            .post("/api/jobs/", with(ad("Cook"), fields))
            .await
            .expect(422);
        assert_eq!(
            refused.field_errors(),
            [(field.to_owned(), code.to_owned())]
        );
    }
    let id = post(&owner, with(ad("Cook"), json!({"status": "published"}))).await;
    owner
        .patch(&format!("/api/jobs/{id}/"), json!({"publish_at": at(1)}))
        .await
        .expect(422);
    app.drain_tasks().await;
}

#[tokio::test]
async fn the_draft_of_a_barred_employer_waits_and_holds_up_nobody() {
    let app = TestApp::start().await;
    let (barred, other) = (app.employer().await, app.employer().await);
    let waiting = scheduled(&app, &barred, HOUR).await;
    let publish_at = app.clock.now() + HOUR * 2;
    let body = json!({"title": "Chef", "company": "Other", "publish_at": publish_at});
    let free = post(&other, body).await;
    let allow = async |allowed: bool| {
        sqlx::query("update employer_profiles set can_post_jobs = $2 where user_id = $1")
            .bind(barred.user_id)
            .bind(allowed)
            .execute(&app.db)
            .await
            .unwrap();
    };
    allow(false).await;
    app.advance_time(HOUR * 3).await;
    publish_due(&app).await;
    let admin = app.admin().await;
    assert_eq!(read(&admin, waiting).await["status"], "draft");
    assert_eq!(read(&admin, free).await["status"], "published");
    allow(true).await;
    publish_due(&app).await;
    assert_eq!(read(&admin, waiting).await["status"], "published");
}

#[tokio::test]
async fn a_job_without_an_expiry_gets_one_when_it_is_published_first() {
    let app = TestApp::start().await;
    let owner = app.employer().await;
    let id = post(&owner, ad("Cook")).await;
    let path = format!("/api/jobs/{id}/");
    assert_eq!(read(&owner, id).await["expires_at"], json!(null));
    let job = owner
        .post(&format!("{path}publish/"), json!(null))
        .await
        .expect(200)
        .json;
    let lifetime = time(&job["expires_at"]) - time(&job["published_at"]);
    assert_eq!(lifetime, TimeDelta::days(60));
    // Its employer may take it away, and then it is away for good.
    let endless = owner
        .patch(&path, json!({"expires_at": null}))
        .await
        .expect(200);
    assert_eq!(endless.json["expires_at"], json!(null));
    for step in ["close", "publish"] {
        let job = owner
            .post(&format!("{path}{step}/"), json!(null))
            .await
            .expect(200);
        assert_eq!(job.json["expires_at"], json!(null));
    }
    app.drain_tasks().await;
}

#[tokio::test]
async fn an_employer_is_told_once_that_a_job_has_expired() {
    let app = TestApp::start().await;
    let owner = app.employer().await;
    let fields = json!({"status": "published", "expires_at": app.clock.now() + HOUR});
    let id = post(&owner, with(ad("Cook"), fields)).await;
    app.drain_tasks().await;
    app.advance_time(HOUR).await;
    for _ in 0..2 {
        app.enqueue(&CloseExpired {}).await;
        app.drain_tasks().await;
    }
    let mails = app.emails();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].subject, "Your job has expired: Cook");
    let owner = app.login(&owner.email).await;
    let path = format!("/api/jobs/{id}/history/?page_size=1");
    let moves = owner.get(&path).await.expect(200);
    assert_eq!(moves.results()[0]["from_status"], "published");
    assert_eq!(moves.results()[0]["to_status"], "closed");
    assert_eq!(moves.results()[0]["cause"], "expiry");
}
