//! The requests of the product's own README, sent as they are written there.

use reqwest::{Method, header};
use serde_json::json;

use crate::support::{Client, PASSWORD, Response, TestApp};

async fn curl(client: &Client, method: Method, path: &str, body: Option<&str>) -> Response {
    let mut request = client.request(method, path);
    if let Some(body) = body {
        request = request
            .header(header::CONTENT_TYPE, "application/json")
            .body(body.to_owned());
    }
    Response::read(request, path.to_owned()).await
}

#[tokio::test]
async fn every_example_request_works_as_written() {
    let app = TestApp::start().await;
    let (employer, freelancer) = (app.employer().await, app.freelancer().await);

    let login = json!({"email": employer.email, "password": PASSWORD}).to_string();
    let tokens = curl(
        &app.anonymous(),
        Method::POST,
        "/api/auth/login/",
        Some(&login),
    )
    .await
    .expect(200);
    assert!(tokens.json["access"].is_string());

    let posting = r#"{
        "title": "Senior Backend Developer",
        "company": "Tech Corp",
        "description": "We are looking for...",
        "location": "San Francisco, CA",
        "salary_min": 120000,
        "salary_max": 180000,
        "job_type": "full_time",
        "category": "engineering"
      }"#;
    let job = curl(&employer, Method::POST, "/api/jobs/", Some(posting))
        .await
        .expect(201);
    employer
        .post(&format!("/api/jobs/{}/publish/", job.id()), json!({}))
        .await
        .expect(200);
    app.drain_tasks().await;

    let search = "/api/jobs/search/?q=python+django&location=San+Francisco&page=1&page_size=20";
    let found = curl(&freelancer, Method::GET, search, None)
        .await
        .expect(200);
    assert_eq!(found.results().len(), 0);
    let search = search.replace("python+django", "backend+developer");
    let found = curl(&freelancer, Method::GET, &search, None)
        .await
        .expect(200);
    assert_eq!(found.results().len(), 1);

    let recommended = curl(&freelancer, Method::GET, "/api/jobs/recommendations/", None)
        .await
        .expect(200);
    assert_eq!(recommended.results().len(), 1, "{}", recommended.text);

    app.build_vocabulary().await;
    let suggest = "/api/jobs/search/suggest/?q=backend+dev";
    let suggested = curl(&freelancer, Method::GET, suggest, None)
        .await
        .expect(200);
    assert!(suggested.results().is_empty(), "no title begins like this");
    let suggest = suggest.replace("backend+dev", "senior+back");
    let suggested = curl(&freelancer, Method::GET, &suggest, None)
        .await
        .expect(200);
    assert_eq!(suggested.results()[0]["text"], "Senior Backend Developer");
}
