use std::time::Duration;

use jobboard_shared::{jobs::tasks::CloseExpired, search::tasks::RefreshJobs};
use serde_json::json;

use super::{ad, post, publish, with};
use crate::support::TestApp;

const STATUSES: [&str; 4] = ["draft", "published", "closed", "archived"];
/// The moves that lead to each of them from a draft.
const WAYS: [&[&str]; 4] = [
    &[],
    &["publish"],
    &["publish", "close"],
    &["publish", "close", "archive"],
];

#[tokio::test]
async fn every_move_is_legal_or_refused_by_path_and_by_patch_alike() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    for (from, way) in STATUSES.into_iter().zip(WAYS) {
        for (to, step) in [
            ("published", "publish"),
            ("closed", "close"),
            ("archived", "archive"),
            ("draft", ""),
        ] {
            let legal = from == to
                || matches!(
                    (from, to),
                    ("draft", "published" | "archived")
                        | ("published", "closed" | "archived")
                        | ("closed", "published" | "archived")
                );
            let by_patch = post(&employer, ad("Cook")).await;
            let by_path = post(&employer, ad("Cook")).await;
            for id in [by_patch, by_path] {
                for step in way {
                    employer
                        .post(&format!("/api/jobs/{id}/{step}/"), json!(null))
                        .await
                        .expect(200);
                }
            }
            let mut answers = vec![
                employer
                    .patch(&format!("/api/jobs/{by_patch}/"), json!({"status": to}))
                    .await,
            ];
            if !step.is_empty() {
                let path = format!("/api/jobs/{by_path}/{step}/");
                answers.push(employer.post(&path, json!(null)).await);
            }
            for answer in answers {
                if legal {
                    assert_eq!(answer.expect(200).json["status"], to, "from {from}");
                } else {
                    let answer = answer.expect(409);
                    assert_eq!(answer.json["code"], "illegal_transition", "{from} to {to}");
                }
            }
        }
    }
    app.drain_tasks().await;
}

#[tokio::test]
async fn a_refusal_names_the_legal_moves_and_changes_nothing() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    let id = post(&employer, ad("Cook")).await;
    let path = format!("/api/jobs/{id}/");
    let refused = employer
        .patch(&path, json!({"status": "closed", "title": "Chef"}))
        .await
        .expect(409);
    assert_eq!(
        refused.json["detail"],
        "a job that is draft cannot become closed; it can go to published or archived only"
    );
    let job = employer.get(&path).await.expect(200).json;
    assert_eq!(job["title"], "Cook");
    app.drain_tasks().await;
}

#[tokio::test]
async fn only_live_jobs_are_seen_by_others() {
    let app = TestApp::start().await;
    let (owner, other, admin) = (
        app.employer().await,
        app.employer().await,
        app.admin().await,
    );
    let seeker = app.freelancer().await;
    for (status, way) in STATUSES.into_iter().zip(WAYS) {
        let id = post(&owner, ad("Cook")).await;
        for step in way {
            let path = format!("/api/jobs/{id}/{step}/");
            owner.post(&path, json!(null)).await.expect(200);
        }
        let path = format!("/api/jobs/{id}/");
        let expected = if status == "published" { 200 } else { 404 };
        for reader in [&app.anonymous(), &other, &seeker] {
            reader.get(&path).await.expect(expected);
        }
        for reader in [&owner, &admin] {
            let job = reader.get(&path).await.expect(200);
            assert_eq!(job.json["status"], status);
        }
    }
    app.drain_tasks().await;
}

#[tokio::test]
async fn an_expired_job_is_gone_for_others_and_opens_with_a_new_date_only() {
    let app = TestApp::start().await;
    let owner = app.employer().await;
    let expires_at = app.clock.now() + chrono::TimeDelta::hours(1);
    let body = with(
        ad("Cook"),
        json!({"status": "published", "expires_at": expires_at}),
    );
    let id = post(&owner, body).await;
    let path = format!("/api/jobs/{id}/");
    app.anonymous().get(&path).await.expect(200);
    app.advance_time(Duration::from_secs(3601)).await;
    let owner = app.login(&owner.email).await;
    app.anonymous().get(&path).await.expect(404);
    let list = app.anonymous().get("/api/jobs/").await.expect(200);
    assert!(list.results().is_empty());
    // The old date may stay while other things change, but not open the job again.
    owner
        .patch(&path, json!({"title": "Chef"}))
        .await
        .expect(200);
    owner
        .post(&format!("{path}close/"), json!(null))
        .await
        .expect(200);
    let refused = owner
        .post(&format!("{path}publish/"), json!(null))
        .await
        .expect(422);
    assert_eq!(
        refused.field_errors(),
        [("expires_at".to_owned(), "in_the_past".to_owned())]
    );
    let later = app.clock.now() + chrono::TimeDelta::days(1);
    let open = json!({"status": "published", "expires_at": later});
    owner.patch(&path, open).await.expect(200);
    app.anonymous().get(&path).await.expect(200);
    app.drain_tasks().await;
}

#[tokio::test]
async fn opening_a_job_again_does_not_make_it_new() {
    let app = TestApp::start().await;
    let owner = app.employer().await;
    let id = publish(&owner, "Cook").await;
    let path = format!("/api/jobs/{id}/");
    let first = owner.get(&path).await.expect(200).json;
    let closed = owner
        .post(&format!("{path}close/"), json!(null))
        .await
        .expect(200)
        .json;
    assert_eq!(closed["published_at"], first["published_at"]);
    assert!(closed["closed_at"].is_string());
    let open = owner
        .post(&format!("{path}publish/"), json!(null))
        .await
        .expect(200)
        .json;
    assert_eq!(open["published_at"], first["published_at"]);
    assert_eq!(open["closed_at"], json!(null));
    app.drain_tasks().await;
}

#[tokio::test]
async fn what_has_expired_is_closed_with_the_date_of_its_expiry() {
    let app = TestApp::start().await;
    let owner = app.employer().await;
    let expires_at = app.clock.now() + chrono::TimeDelta::minutes(1);
    let fields = json!({"status": "published", "expires_at": expires_at});
    let id = post(&owner, with(ad("Cook"), fields)).await;
    let stays = publish(&owner, "Chef").await;
    app.drain_tasks().await;
    for _ in 0..2 {
        app.advance_time(Duration::from_secs(61)).await;
        app.enqueue(&CloseExpired {}).await;
        app.drain_tasks().await;
        let job = owner.get(&format!("/api/jobs/{id}/")).await.expect(200);
        assert_eq!(job.json["status"], "closed");
        assert_eq!(job.json["closed_at"], job.json["expires_at"]);
    }
    let job = owner.get(&format!("/api/jobs/{stays}/")).await.expect(200);
    assert_eq!(job.json["status"], "published");
    let profile = owner.get("/api/employers/profile/").await.expect(200);
    assert_eq!(profile.json["active_jobs_count"], 1);
    assert!(app.pending_tasks::<RefreshJobs>().await.is_empty());
}
