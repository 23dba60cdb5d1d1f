//! Changes that cross each other: who loses is asked to do nothing about it.

use reqwest::Method;
use serde_json::json;

use crate::{
    jobs::{ad, publish, with},
    support::{Response, TestApp, wait_for_a_waiter},
};

#[tokio::test]
async fn what_is_removed_meanwhile_is_not_found() {
    let app = TestApp::start().await;
    let (owner, user) = (app.employer().await, app.freelancer().await);
    let job = publish(&owner, "Cook").await;
    let mut tx = app.db.begin().await.unwrap();
    sqlx::query("delete from jobs where id = $1")
        .bind(job)
        .execute(&mut *tx)
        .await
        .unwrap();
    let remove = async {
        wait_for_a_waiter(&app.db, "insert into saved_jobs").await;
        tx.commit().await.unwrap();
    };
    let saving = user
        .request(Method::POST, "/api/jobs/saved/")
        .header("idempotency-key", "once")
        .json(&json!({"job_id": job}));
    let saving = Response::read(saving, "POST /api/jobs/saved/".to_owned());
    let (saved, ()) = tokio::join!(saving, remove);
    saved.expect(404);
    app.drain_tasks().await;
}

#[tokio::test]
async fn a_skill_that_is_removed_meanwhile_is_named() {
    let app = TestApp::start().await;
    let owner = app.employer().await;
    let job = publish(&owner, "Cook").await;
    let named = with(ad("Chef"), json!({"skills": ["Sauces"]}));
    let other = owner.post("/api/jobs/", named).await.expect(201);
    let skill = other.json["skills"][0]["skill_id"].clone();
    owner
        .delete(&format!("/api/jobs/{}/", other.id()))
        .await
        .expect(204);
    let mut tx = app.db.begin().await.unwrap();
    sqlx::query("delete from skills where slug = 'sauces'")
        .execute(&mut *tx)
        .await
        .unwrap();
    let remove = async {
        wait_for_a_waiter(&app.db, "insert into job_skills").await;
        tx.commit().await.unwrap();
    };
    let path = format!("/api/jobs/{job}/");
    let naming = owner.patch(&path, json!({"skills": [skill]}));
    let (named, ()) = tokio::join!(naming, remove);
    let refused = named.expect(422);
    let expected = ("skills.0".to_owned(), "unknown_skill".to_owned());
    assert_eq!(refused.field_errors(), [expected]);
    app.drain_tasks().await;
}

/// The one that Postgres breaks off to free the other from a circle.
#[tokio::test]
async fn the_victim_of_a_deadlock_is_carried_out_again() {
    let app = TestApp::start().await;
    let owner = app.employer().await;
    publish(&owner, "First").await;
    let counts = "select jobs_posted_count from employer_profiles where user_id = $1";
    let mut tx = app.db.begin().await.unwrap();
    sqlx::query("select from categories where slug = 'design' for update")
        .execute(&mut *tx)
        .await
        .unwrap();
    let cross = async {
        // It holds the employer's counters and waits for the category's.
        wait_for_a_waiter(&app.db, "insert into jobs").await;
        sqlx::query("select from employer_profiles where user_id = $1 for update")
            .bind(owner.user_id)
            .execute(&mut *tx)
            .await
            .expect("the request is the victim, who began to wait first");
        tx.commit().await.unwrap();
    };
    let body = with(
        ad("Second"),
        json!({"status": "published", "category": "design"}),
    );
    let posting = owner
        .request(Method::POST, "/api/jobs/")
        .header("idempotency-key", "once")
        .json(&body);
    let posting = Response::read(posting, "POST /api/jobs/".to_owned());
    let (posted, ()) = tokio::join!(posting, cross);
    posted.expect(201);
    let count: i32 = sqlx::query_scalar(counts)
        .bind(owner.user_id)
        .fetch_one(&app.db)
        .await
        .unwrap();
    assert_eq!(count, 2);
    app.drain_tasks().await;
}
