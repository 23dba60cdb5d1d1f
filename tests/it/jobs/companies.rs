//! The company of a job: how it is named, whose it may be.

use serde_json::json;
use uuid::Uuid;

use super::{ad, publish, with};
use crate::support::TestApp;

#[tokio::test]
async fn a_company_is_named_by_id_slug_or_any_spelling() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    let company = employer
        .post("/api/companies/", json!({"name": "Tech Corp"}))
        .await
        .expect(201);
    for reference in [
        company.id().to_string().as_str(),
        "tech-corp",
        "Tech Corp",
        "TECH, Corp.",
        " tech ",
    ] {
        let body = json!({"title": "Cook", "company": reference});
        let job = employer.post("/api/jobs/", body).await.expect(201);
        assert_eq!(job.json["company"]["id"], company.json["id"], "{reference}");
    }
    let unknown = json!({"title": "Cook", "company": Uuid::nil()});
    employer.post("/api/jobs/", unknown).await.expect(422);
    app.drain_tasks().await;
}

#[tokio::test]
async fn the_company_of_another_is_refused_and_an_unclaimed_one_not_taken() {
    let app = TestApp::start().await;
    let (one, two) = (app.employer().await, app.employer().await);
    publish(&one, "Cook").await;
    let refused = two.post("/api/jobs/", ad("Cook")).await.expect(403);
    assert_eq!(refused.json["code"], "company_not_yours");
    let admin = app.admin().await;
    let company = admin
        .post("/api/companies/", json!({"name": "Imported"}))
        .await
        .expect(201);
    let body = json!({"title": "Cook", "company": "Imported"});
    let refused = two.post("/api/jobs/", body.clone()).await.expect(409);
    assert_eq!(refused.json["code"], "company_unclaimed");
    // An administrator may post for it, and may give it away with its jobs.
    let job = admin
        .post("/api/jobs/", body.clone())
        .await
        .expect(201)
        .id();
    let profile = two.get("/api/employers/profile/").await.expect(200).id();
    admin
        .put(
            &format!("/api/companies/{}/", company.id()),
            json!({"name": "Imported", "employer_id": profile}),
        )
        .await
        .expect(200);
    two.get(&format!("/api/jobs/{job}/")).await.expect(200);
    two.post("/api/jobs/", body).await.expect(201);
    app.drain_tasks().await;
}

#[tokio::test]
async fn a_job_that_an_admin_moves_goes_to_the_employer_of_its_new_company() {
    let app = TestApp::start().await;
    let (old, new) = (app.employer().await, app.employer().await);
    let id = publish(&old, "Cook").await;
    let path = format!("/api/jobs/{id}/");
    let company = new
        .post("/api/companies/", json!({"name": "Elsewhere"}))
        .await
        .expect(201)
        .id();
    let admin = app.admin().await;
    // Naming the company that it has moves nothing.
    let job = old.get(&path).await.expect(200);
    let same = json!({"company": job.json["company"]["id"], "title": "Chef"});
    admin.patch(&path, same).await.expect(200);
    old.patch(&path, json!({"title": "Baker"}))
        .await
        .expect(200);
    let moved = json!({"company": company, "skills": ["Rust"]});
    let moved = admin.patch(&path, moved).await.expect(200);
    assert_eq!(moved.json["skills"].as_array().map(Vec::len), Some(1));
    let change = json!({"title": "Mine"});
    old.patch(&path, change.clone()).await.expect(404);
    old.delete(&path).await.expect(404);
    new.patch(&path, change).await.expect(200);
    let counters: Vec<(i32, i32)> = sqlx::query_as(
        "select active_jobs_count, jobs_posted_count from employer_profiles
         where user_id = any($1) order by active_jobs_count",
    )
    .bind(vec![old.user_id, new.user_id])
    .fetch_all(&app.db)
    .await
    .unwrap();
    assert_eq!(counters, [(0, 0), (1, 1)]);
    // A company of nobody: only administrators manage the job.
    let imported = json!({"name": "Imported"});
    let company = admin.post("/api/companies/", imported).await.expect(201);
    let moved = json!({"company": company.id()});
    admin.patch(&path, moved).await.expect(200);
    new.patch(&path, json!({"title": "Still mine"}))
        .await
        .expect(404);
    app.drain_tasks().await;
}

#[tokio::test]
async fn parallel_jobs_of_one_new_company_share_it() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    let posts = (0..10).map(|i| {
        let body = with(
            ad(&format!("Cook {i}")),
            json!({"skills": ["Go", "C++", "C#", "Rust"]}),
        );
        employer.post("/api/jobs/", body)
    });
    for answer in futures::future::join_all(posts).await {
        answer.expect(201);
    }
    let counts: (i64, i64) =
        sqlx::query_as("select (select count(*) from companies), (select count(*) from skills)")
            .fetch_one(&app.db)
            .await
            .unwrap();
    assert_eq!(counts, (1, 4));
    app.drain_tasks().await;
}
