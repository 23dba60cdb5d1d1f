use jobboard_shared::search::tasks::RefreshJobs;
use serde_json::json;

use super::{ad, post, publish};
use crate::support::TestApp;

#[tokio::test]
async fn an_employer_deletes_what_nobody_applied_for() {
    let app = TestApp::start().await;
    let owner = app.employer().await;
    for id in [
        post(&owner, ad("Cook")).await,
        publish(&owner, "Chef").await,
    ] {
        app.drain_tasks().await;
        let path = format!("/api/jobs/{id}/");
        owner.delete(&path).await.expect(204);
        owner.get(&path).await.expect(404);
        owner.delete(&path).await.expect(404);
        app.assert_enqueued(|task: &RefreshJobs| task.job_ids == [id])
            .await;
    }
    app.drain_tasks().await;
}

#[tokio::test]
async fn what_people_applied_for_only_an_admin_deletes() {
    let app = TestApp::start().await;
    let owner = app.employer().await;
    let seeker = app.freelancer().await;
    let id = publish(&owner, "Cook").await;
    sqlx::query("insert into applications (job_id, applicant_id) values ($1, $2)")
        .bind(id)
        .bind(seeker.user_id)
        .execute(&app.db)
        .await
        .unwrap();
    let path = format!("/api/jobs/{id}/");
    let refused = owner.delete(&path).await.expect(409);
    assert_eq!(refused.json["code"], "has_applications");
    owner.get(&path).await.expect(200);
    app.admin().await.delete(&path).await.expect(204);
    owner.get(&path).await.expect(404);
    app.drain_tasks().await;
}

#[tokio::test]
async fn a_deletion_waits_for_an_application_that_is_being_made() {
    let app = TestApp::start().await;
    let owner = app.employer().await;
    let seeker = app.freelancer().await;
    let id = publish(&owner, "Cook").await;
    let mut applying = app.db.begin().await.unwrap();
    sqlx::query("insert into applications (job_id, applicant_id) values ($1, $2)")
        .bind(id)
        .bind(seeker.user_id)
        .execute(&mut *applying)
        .await
        .unwrap();
    let path = format!("/api/jobs/{id}/");
    let deleting = owner.delete(&path);
    let committing = async {
        // Commits once the deletion waits for it.
        loop {
            let waits: bool = sqlx::query_scalar(
                "select exists (select from pg_locks where not granted and database = (select oid from pg_database where datname = current_database()))
                    or exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')",
            )
            .fetch_one(&app.db)
            .await
            .unwrap();
            if waits {
                break;
            }
            tokio::task::yield_now().await;
        }
        applying.commit().await.unwrap();
    };
    let (answer, ()) = tokio::join!(deleting, committing);
    answer.expect(409);
    let kept: i64 = sqlx::query_scalar("select count(*) from applications")
        .fetch_one(&app.db)
        .await
        .unwrap();
    assert_eq!(kept, 1);
    app.drain_tasks().await;
}

#[tokio::test]
async fn a_deleted_job_leaves_the_list() {
    let app = TestApp::start().await;
    let owner = app.employer().await;
    let id = publish(&owner, "Cook").await;
    owner.delete(&format!("/api/jobs/{id}/")).await.expect(204);
    let list = app.anonymous().get("/api/jobs/?page=1").await.expect(200);
    assert_eq!(list.json["count"], json!(0));
    app.drain_tasks().await;
}
