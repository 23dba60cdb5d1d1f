//! Entity tags: what is known is not sent again, what has changed is not overwritten.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    jobs::{ad, post, publish},
    support::{Client, Response, TestApp},
};

pub(super) async fn send(
    client: &Client,
    method: Method,
    path: &str,
    header: (&str, &str),
    body: Option<Value>,
) -> Response {
    let mut request = client
        .request(method.clone(), path)
        .header(header.0, header.1);
    if let Some(body) = body {
        request = request.json(&body);
    }
    Response::read(request, format!("{method} {path} with {header:?}")).await
}

pub(super) fn etag(answer: &Response) -> String {
    answer.headers["etag"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_is_known_is_not_sent_again() {
    let app = TestApp::start().await;
    let owner = app.employer().await;
    let id = publish(&owner, "Cook").await;
    let job = format!("/api/jobs/{id}/");
    for path in [
        &job[..],
        "/api/jobs/?page=1",
        "/api/jobs/categories/",
        "/api/users/profile/",
    ] {
        let first = owner.get(path).await.expect(200);
        let tag = etag(&first);
        assert!(tag.starts_with('"'), "{path}: {tag}");
        assert_eq!(
            first.headers["cache-control"], "private, no-cache",
            "{path}"
        );
        assert!(
            first.headers["vary"]
                .to_str()
                .unwrap()
                .contains("Authorization")
        );
        for known in [
            tag.clone(),
            format!("W/{tag}"),
            format!("\"x\", {tag}"),
            "*".to_owned(),
        ] {
            let again = send(&owner, Method::GET, path, ("if-none-match", &known), None)
                .await
                .expect(304);
            assert_eq!(again.text, "", "{path}");
            assert!(again.headers.contains_key("etag"), "{path}");
            assert!(!again.headers.contains_key("content-type"), "{path}");
        }
        send(&owner, Method::GET, path, ("if-none-match", "\"x\""), None)
            .await
            .expect(200);
    }
    let tag = etag(&owner.get(&job).await);
    owner
        .patch(&job, json!({"title": "Chef"}))
        .await
        .expect(200);
    send(&owner, Method::GET, &job, ("if-none-match", &tag), None)
        .await
        .expect(200);
    // A problem is no version of anything.
    let missing = owner
        .get("/api/jobs/01890000-0000-7000-8000-000000000000/")
        .await;
    assert!(!missing.expect(404).headers.contains_key("etag"));
    app.drain_tasks().await;
}

#[tokio::test]
async fn an_edit_of_an_old_version_is_refused_and_changes_nothing() {
    let app = TestApp::start().await;
    let owner = app.employer().await;
    let id = publish(&owner, "Cook").await;
    let path = format!("/api/jobs/{id}/");
    let title = |title: &str| Some(json!({"title": title}));
    let old = etag(&owner.get(&path).await);
    // A look is no edit.
    app.visitor().get(&path).await.expect(200);
    let changed = send(
        &owner,
        Method::PATCH,
        &path,
        ("if-match", &old),
        title("Chef"),
    )
    .await
    .expect(200);
    let refused = send(
        &owner,
        Method::PATCH,
        &path,
        ("if-match", &old),
        title("Baker"),
    )
    .await
    .expect(412);
    assert_eq!(refused.json["code"], "precondition_failed");
    for (method, body) in [(Method::PUT, Some(ad("Baker"))), (Method::DELETE, None)] {
        send(&owner, method, &path, ("if-match", &old), body)
            .await
            .expect(412);
    }
    assert_eq!(owner.get(&path).await.json["title"], "Chef");
    // The answer to an edit names the version it made; weak tags match nothing.
    let new = etag(&changed);
    let weak = format!("W/{new}");
    send(
        &owner,
        Method::PATCH,
        &path,
        ("if-match", &weak),
        title("Baker"),
    )
    .await
    .expect(412);
    let either = format!("{old}, {new}");
    send(
        &owner,
        Method::PATCH,
        &path,
        ("if-match", &either),
        title("Baker"),
    )
    .await
    .expect(200);
    send(
        &owner,
        Method::PATCH,
        &path,
        ("if-match", "*"),
        title("Cook"),
    )
    .await
    .expect(200);
    app.drain_tasks().await;
}

#[tokio::test]
async fn of_parallel_editors_of_one_version_one_wins() {
    let app = TestApp::start().await;
    let owner = app.employer().await;
    let id = publish(&owner, "Cook").await;
    let path = format!("/api/jobs/{id}/");
    let read = etag(&owner.get(&path).await);
    let edits = (0..20).map(|n| {
        let body = Some(json!({"title": format!("Cook {n}")}));
        send(&owner, Method::PATCH, &path, ("if-match", &read), body)
    });
    let answers = futures::future::join_all(edits).await;
    let mut statuses: Vec<_> = answers
        .iter()
        .map(|answer| answer.status.as_u16())
        .collect();
    statuses.sort_unstable();
    assert_eq!(statuses[0], 200);
    assert_eq!(statuses[1..], [412; 19]);
    let won = answers.iter().find(|answer| answer.status == 200).unwrap();
    assert_eq!(owner.get(&path).await.json["title"], won.json["title"]);
    app.drain_tasks().await;
}

#[tokio::test]
async fn a_condition_tells_nothing_of_what_is_foreign() {
    let app = TestApp::start().await;
    let (owner, other) = (app.employer().await, app.employer().await);
    let draft = post(&owner, ad("Draft")).await;
    let path = format!("/api/jobs/{draft}/");
    let stale = "\"1.x\"";
    let body = Some(json!({"title": "Mine"}));
    send(
        &other,
        Method::PATCH,
        &path,
        ("if-match", stale),
        body.clone(),
    )
    .await
    .expect(404);
    send(
        &app.anonymous(),
        Method::PATCH,
        &path,
        ("if-match", stale),
        body,
    )
    .await
    .expect(401);
    app.drain_tasks().await;
}

#[tokio::test]
async fn everything_with_versions_is_guarded() {
    let app = TestApp::start().await;
    let (employer, freelancer) = (app.employer().await, app.freelancer().await);
    let company = employer
        .post("/api/companies/", json!({"name": "Acme"}))
        .await
        .expect(201);
    let company = format!("/api/companies/{}/", company.id());
    for (client, path) in [
        (&employer, &company[..]),
        (&employer, "/api/users/profile/"),
        (&employer, "/api/employers/profile/"),
        (&freelancer, "/api/freelancers/profile/"),
    ] {
        let read = client.get(path).await.expect(200);
        let body = match path {
            "/api/users/profile/" | "/api/employers/profile/" => {
                json!({"first_name": "Kim", "last_name": "Example"})
            }
            "/api/freelancers/profile/" => json!({"first_name": "Kim", "last_name": "Example"}),
            _ => json!({"name": "Acme"}),
        };
        let put = async |tag: &str| {
            send(
                client,
                Method::PUT,
                path,
                ("if-match", tag),
                Some(body.clone()),
            )
            .await
        };
        let changed = put(&etag(&read)).await.expect(200);
        assert_ne!(etag(&changed), etag(&read), "{path}");
        put(&etag(&read)).await.expect(412);
    }
    // What has no versions has none that matches.
    send(
        &employer,
        Method::POST,
        "/api/companies/",
        ("if-match", "\"1.x\""),
        Some(json!({"name": "Other"})),
    )
    .await
    .expect(412);
    app.drain_tasks().await;
}

#[tokio::test]
async fn a_compressed_answer_has_a_tag_of_its_own() {
    let app = TestApp::start().await;
    let owner = app.employer().await;
    let id = publish(&owner, "Cook").await;
    let path = format!("/api/jobs/{id}/");
    let plain = etag(&owner.get(&path).await);
    let compressed = send(
        &owner,
        Method::GET,
        &path,
        ("accept-encoding", "gzip"),
        None,
    )
    .await;
    assert_eq!(compressed.headers["content-encoding"], "gzip");
    let tag = etag(&compressed);
    assert_ne!(tag, plain);
    send(&owner, Method::GET, &path, ("if-none-match", &tag), None)
        .await
        .expect(304);
    let body = Some(json!({"title": "Chef"}));
    send(&owner, Method::PATCH, &path, ("if-match", &tag), body)
        .await
        .expect(200);
    app.drain_tasks().await;
}
