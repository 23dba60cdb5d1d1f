//! Companies: making, changing, finding, removing them.

mod members;

use jobboard_shared::search::tasks::{RefreshScope, Scope};
use serde_json::json;
use uuid::Uuid;

use crate::{
    jobs::{ad, publish},
    support::{Client, Response, TestApp},
};

async fn create(client: &Client, name: &str) -> Uuid {
    client
        .post("/api/companies/", json!({"name": name}))
        .await
        .expect(201)
        .id()
}

fn names(list: &Response) -> Vec<&str> {
    list.results()
        .iter()
        .map(|company| company["name"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn a_company_comes_back_as_it_was_sent() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    let body = json!({
        "name": "Acme, Inc.", "description": "Anvils", "logo_url": "https://acme.example/logo.png",
        "cover_image_url": "https://acme.example/cover.png", "website": "https://acme.example",
        "email": "jobs@acme.example", "phone": "+1 555", "industry": "Tools", "size": "51-200",
        "headquarters_location": "Phoenix, AZ", "office_locations": ["Phoenix", "Zürich"],
        "founded_date": "1949-09-17", "employee_count": 120, "culture_description": "Persistent",
        "benefits": ["Helmets"], "social_media_links": {"github": "https://github.example/acme"},
    });
    let company = employer
        .post("/api/employers/companies/", body.clone())
        .await
        .expect(201);
    for (field, value) in body.as_object().unwrap() {
        assert_eq!(company.json[field], *value, "{field}");
    }
    assert_eq!(company.json["slug"], "acme-inc");
    assert_eq!(company.json["is_verified"], false);
    for reference in [company.id().to_string().as_str(), "acme-inc"] {
        let read = app
            .anonymous()
            .get(&format!("/api/companies/{reference}/"))
            .await
            .expect(200);
        assert_eq!(read.json, company.json);
    }
    let profile = employer.get("/api/employers/profile/").await.expect(200);
    assert_eq!(profile.json["primary_company_id"], company.json["id"]);
    let second = create(&employer, "Second").await;
    let profile = employer.get("/api/employers/profile/").await.expect(200);
    assert_ne!(profile.json["primary_company_id"], json!(second));
}

#[tokio::test]
async fn wrong_fields_are_named_at_once() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    let body = json!({
        "name": "--", "website": "javascript:alert(1)", "email": "nobody", "benefits": [" "],
        "social_media_links": {"x": "no address"},
    });
    let refused = employer.post("/api/companies/", body).await.expect(422);
    let error = |field: &str, code: &str| (field.to_owned(), code.to_owned());
    assert_eq!(
        refused.field_errors(),
        [
            error("benefits.0", "blank"),
            error("email", "invalid_format"),
            error("name", "invalid_name"),
            error("social_media_links.x", "invalid_url"),
            error("website", "invalid_url"),
        ]
    );
}

#[tokio::test]
async fn a_date_that_the_database_cannot_hold_is_a_wrong_field() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    for date in ["-9999-01-01", "0000-01-01", "+10000-01-01", "+262142-12-31"] {
        let body = json!({"name": "Acme", "founded_date": date});
        let refused = employer.post("/api/companies/", body).await.expect(422);
        let expected = [("founded_date".to_owned(), "invalid_format".to_owned())];
        assert_eq!(refused.field_errors(), expected, "{date}");
    }
    let body = json!({"name": "Acme", "founded_date": "0001-01-01"});
    employer.post("/api/companies/", body).await.expect(201);
}

#[tokio::test]
async fn a_name_is_taken_in_all_its_spellings() {
    let app = TestApp::start().await;
    let (one, two) = (app.employer().await, app.employer().await);
    create(&one, "Acme, Inc.").await;
    for spelling in ["Acme, Inc.", "ACME", "acme gmbh"] {
        let refused = two
            .post("/api/companies/", json!({"name": spelling}))
            .await
            .expect(409);
        assert_eq!(refused.json["code"], "company_name_taken");
    }
    // Another name with the same slug is another company.
    let other = two
        .post("/api/companies/", json!({"name": "Acmé Inc"}))
        .await
        .expect(201);
    let slug = other.json["slug"].as_str().unwrap();
    assert!(slug.starts_with("acme-inc-"), "{slug}");
    // Nor can a company be renamed into another.
    let path = format!("/api/companies/{}/", other.id());
    let refused = two.put(&path, json!({"name": "Acme"})).await.expect(409);
    assert_eq!(refused.json["code"], "company_name_taken");
}

#[tokio::test]
async fn only_the_owner_and_admins_change_a_company() {
    let app = TestApp::start().await;
    let (owner, other) = (app.employer().await, app.employer().await);
    let id = create(&owner, "Acme").await;
    let path = format!("/api/companies/{id}/");
    let body = json!({"name": "Acme", "description": "New"});
    app.anonymous().put(&path, body.clone()).await.expect(401);
    app.freelancer()
        .await
        .put(&path, body.clone())
        .await
        .expect(403);
    other.put(&path, body.clone()).await.expect(404);
    owner.put(&path, body.clone()).await.expect(200);
    let admin = app.admin().await;
    let changed = admin.put(&path, body).await.expect(200);
    assert_eq!(changed.json["description"], "New");
    let owner_profile = owner.get("/api/employers/profile/").await.expect(200).id();
    assert_eq!(changed.json["employer_id"], json!(owner_profile));
    // The owner cannot give it away; an admin can, to employers that exist.
    let given = json!({"name": "Acme", "employer_id": Uuid::nil()});
    let refused = owner.put(&path, given.clone()).await.expect(422);
    assert_eq!(refused.field_errors()[0].1, "read_only");
    let refused = admin.put(&path, given).await.expect(422);
    assert_eq!(refused.field_errors()[0].1, "unknown_employer");
    let taken = json!({"name": "Acme", "employer_id": null});
    let taken = admin.put(&path, taken).await.expect(200);
    assert_eq!(taken.json["employer_id"], json!(null));
    owner.put(&path, json!({"name": "Acme"})).await.expect(404);
}

#[tokio::test]
async fn a_new_name_is_brought_to_the_search() {
    let app = TestApp::start().await;
    let owner = app.employer().await;
    publish(&owner, "Cook").await;
    app.drain_tasks().await;
    let company = owner.get("/api/employers/companies/").await.expect(200);
    let id: Uuid = company.results()[0]["id"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let path = format!("/api/companies/{id}/");
    owner
        .put(
            &path,
            json!({"name": "Tech Corp", "description": "Same name"}),
        )
        .await
        .expect(200);
    assert!(app.pending_tasks::<RefreshScope>().await.is_empty());
    let renamed = owner
        .put(&path, json!({"name": "Better Tech"}))
        .await
        .expect(200);
    assert_eq!(renamed.json["slug"], "tech-corp", "addresses outlive names");
    app.assert_enqueued(|task: &RefreshScope| task.scope == Scope::Company(id))
        .await;
    app.drain_tasks().await;
}

#[tokio::test]
async fn companies_are_listed_by_name_with_both_pagings() {
    let app = TestApp::start().await;
    let owner = app.employer().await;
    for name in [
        "delta",
        "Alpha Ltd",
        "Charlie",
        "Bravo",
        "alphabet",
        "10% Club",
    ] {
        create(&owner, name).await;
    }
    let reader = app.anonymous();
    let mut seen = Vec::new();
    let mut path = "/api/companies/?page_size=4".to_owned();
    loop {
        let list = reader.get(&path).await.expect(200);
        seen.extend(names(&list).into_iter().map(str::to_owned));
        match list.json["next_cursor"].as_str() {
            Some(cursor) => path = format!("/api/companies/?page_size=4&cursor={cursor}"),
            None => break,
        }
    }
    let all = [
        "10% Club",
        "Alpha Ltd",
        "alphabet",
        "Bravo",
        "Charlie",
        "delta",
    ];
    assert_eq!(seen, all);
    let page = reader
        .get("/api/companies/?page=2&page_size=4")
        .await
        .expect(200);
    assert_eq!(names(&page), all[4..]);
    assert_eq!(page.json["count"], 6);
    for (prefix, expected) in [
        ("ALPHA", vec!["Alpha Ltd", "alphabet"]),
        ("alpha%20ltd", vec!["Alpha Ltd", "alphabet"]),
        ("br", vec!["Bravo"]),
        ("%25", vec![]),
        ("ravo", vec![]),
    ] {
        let list = reader
            .get(&format!("/api/companies/?name={prefix}"))
            .await
            .expect(200);
        assert_eq!(names(&list), expected, "{prefix}");
    }
    let verified = reader
        .get("/api/companies/?is_verified=true&page=1")
        .await
        .expect(200);
    assert_eq!(verified.json["count"], 0);
}

#[tokio::test]
async fn the_jobs_of_a_company_are_its_live_ones() {
    let app = TestApp::start().await;
    let (owner, other) = (app.employer().await, app.employer().await);
    let live = publish(&owner, "Cook").await;
    owner.post("/api/jobs/", ad("Draft")).await.expect(201);
    let elsewhere = json!({"title": "Waiter", "company": "Bistro", "status": "published"});
    other.post("/api/jobs/", elsewhere).await.expect(201);
    for reader in [&owner, &app.anonymous()] {
        let list = reader
            .get("/api/companies/tech-corp/jobs/?page=1")
            .await
            .expect(200);
        assert_eq!(list.json["count"], 1);
        assert_eq!(list.results()[0]["id"], json!(live));
    }
    let missing = format!("/api/companies/{}/jobs/", Uuid::nil());
    app.anonymous().get(&missing).await.expect(404);
    app.anonymous()
        .get("/api/companies/none/")
        .await
        .expect(404);
    app.drain_tasks().await;
}

#[tokio::test]
async fn an_admin_deletes_a_company_without_jobs() {
    let app = TestApp::start().await;
    let owner = app.employer().await;
    let admin = app.admin().await;
    let empty = create(&owner, "Empty").await;
    let path = format!("/api/companies/{empty}/");
    owner.delete(&path).await.expect(403);
    admin.delete(&path).await.expect(204);
    admin.delete(&path).await.expect(404);
    publish(&owner, "Cook").await;
    let company = admin.get("/api/companies/tech-corp/").await.expect(200);
    let path = format!("/api/companies/{}/", company.id());
    let refused = admin.delete(&path).await.expect(409);
    assert_eq!(refused.json["code"], "company_has_jobs");
    app.drain_tasks().await;
}

#[tokio::test]
async fn a_company_is_not_founded_in_the_future() {
    let app = TestApp::start().await;
    let owner = app.employer().await;
    let day = |days| (app.clock.now() + chrono::TimeDelta::days(days)).date_naive();
    let body = |days| json!({"name": "Tomorrow", "founded_date": day(days)});
    let refused = owner.post("/api/companies/", body(2)).await.expect(422);
    assert_eq!(
        refused.field_errors(),
        [("founded_date".to_owned(), "in_the_future".to_owned())]
    );
    let id = owner
        .post("/api/companies/", body(0))
        .await
        .expect(201)
        .id();
    let path = format!("/api/companies/{id}/");
    owner.put(&path, body(2)).await.expect(422);
    owner.put(&path, body(-9)).await.expect(200);
}
