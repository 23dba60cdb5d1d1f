//! The signed-in employer.

use serde_json::json;
use uuid::Uuid;

use crate::{
    jobs::{ad, post, publish},
    support::TestApp,
};

#[tokio::test]
async fn a_profile_is_read_and_replaced() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    let path = "/api/employers/profile/";
    let profile = employer.get(path).await.expect(200).json;
    assert_eq!(profile["user_id"], json!(employer.user_id));
    assert_eq!(profile["can_post_jobs"], true);
    assert_eq!(profile["verification_status"], "unverified");
    let company = employer
        .post("/api/companies/", json!({"name": "Acme"}))
        .await
        .expect(201)
        .id();
    let body = json!({
        "first_name": "Ada", "last_name": "Lovelace", "phone": "+44 1", "position_title": "Countess",
        "bio": "Engines", "profile_picture_url": "https://ada.example/a.png",
        "linkedin_url": "https://linkedin.example/ada", "primary_company_id": company,
    });
    let replaced = employer.put(path, body.clone()).await.expect(200);
    for (field, value) in body.as_object().unwrap() {
        assert_eq!(replaced.json[field], *value, "{field}");
    }
    assert_eq!(employer.get(path).await.expect(200).json, replaced.json);
    let emptied = employer.put(path, json!({})).await.expect(200).json;
    assert_eq!(emptied["first_name"], "");
    assert_eq!(emptied["primary_company_id"], json!(null));
}

#[tokio::test]
async fn what_administrators_decide_is_not_set_by_employers() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    let path = "/api/employers/profile/";
    let foreign = app
        .employer()
        .await
        .post("/api/companies/", json!({"name": "Foreign"}))
        .await
        .expect(201)
        .id();
    let refused = employer
        .put(
            path,
            json!({"can_post_jobs": true, "verification_status": "verified"}),
        )
        .await
        .expect(422);
    let fields: Vec<_> = refused.field_errors().into_iter().map(|e| e.0).collect();
    assert_eq!(fields, ["can_post_jobs", "verification_status"]);
    let refused = employer
        .put(
            path,
            json!({"primary_company_id": foreign, "linkedin_url": "ftp://x"}),
        )
        .await
        .expect(422);
    let error = |field: &str, code: &str| (field.to_owned(), code.to_owned());
    assert_eq!(
        refused.field_errors(),
        [
            error("linkedin_url", "invalid_url"),
            error("primary_company_id", "unknown_company"),
        ]
    );
}

#[tokio::test]
async fn the_own_pages_are_for_employers_alone() {
    let app = TestApp::start().await;
    let seeker = app.freelancer().await;
    for path in ["profile", "companies", "jobs"] {
        let path = format!("/api/employers/{path}/");
        app.anonymous().get(&path).await.expect(401);
        seeker.get(&path).await.expect(403);
    }
}

#[tokio::test]
async fn the_own_companies_and_jobs_are_listed_in_every_status() {
    let app = TestApp::start().await;
    let (employer, other) = (app.employer().await, app.employer().await);
    let elsewhere = json!({"title": "Waiter", "company": "Bistro", "status": "published"});
    post(&other, elsewhere).await;
    let draft = post(&employer, ad("Draft")).await;
    let live = publish(&employer, "Live").await;
    let closed = publish(&employer, "Closed").await;
    employer
        .post(&format!("/api/jobs/{closed}/close/"), json!(null))
        .await
        .expect(200);
    let companies = employer
        .get("/api/employers/companies/?page=1")
        .await
        .expect(200);
    assert_eq!(companies.json["count"], 1);
    assert_eq!(companies.results()[0]["name"], "Tech Corp");
    let ids = |list: crate::support::Response| -> Vec<Uuid> {
        list.results()
            .iter()
            .map(|job| job["id"].as_str().unwrap().parse().unwrap())
            .collect()
    };
    let list = employer.get("/api/employers/jobs/").await.expect(200);
    assert_eq!(ids(list), [closed, live, draft]);
    for (status, expected) in [("draft", draft), ("published", live), ("closed", closed)] {
        let path = format!("/api/employers/jobs/?status={status}&page=1");
        let list = employer.get(&path).await.expect(200);
        assert_eq!(list.json["count"], 1);
        assert_eq!(ids(list), [expected]);
    }
    let first = employer
        .get("/api/employers/jobs/?page_size=2")
        .await
        .expect(200);
    let cursor = first.json["next_cursor"].as_str().unwrap().to_owned();
    let path = format!("/api/employers/jobs/?page_size=2&cursor={cursor}");
    assert_eq!(ids(employer.get(&path).await.expect(200)), [draft]);
    // A cursor of one list is no cursor of another.
    let path = format!("/api/jobs/?cursor={cursor}");
    employer.get(&path).await.expect(422);
    app.drain_tasks().await;
}
