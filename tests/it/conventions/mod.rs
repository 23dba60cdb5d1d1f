//! What holds for every address: problems, headers, ids, documents.

mod conditional;
mod conditional_parts;
mod hosts;
mod idempotency;
mod limits;
mod names;
mod paging;
mod races;

use reqwest::{Method, header::HeaderMap};
use serde_json::json;

use crate::support::{Client, Response, TestApp};

async fn send(
    client: &Client,
    method: Method,
    path: &str,
    content_type: Option<&str>,
    body: &str,
) -> Response {
    let name = format!("{method} {path}");
    let mut request = client.request(method, path).body(body.to_owned());
    if let Some(content_type) = content_type {
        request = request.header("content-type", content_type);
    }
    Response::read(request, name).await
}

#[tokio::test]
async fn every_error_is_a_problem() {
    let app = TestApp::start_with(|config| config.http.max_body_bytes = 10_000).await;
    let client = app.anonymous();
    let json = Some("application/json");
    let long = format!("\"{}\"", "x".repeat(10_000));
    let login = "/api/auth/login/";
    for (method, path, content_type, body, status, code) in [
        (
            Method::GET,
            "/nothing/here/",
            None,
            "",
            404,
            "route_not_found",
        ),
        (
            Method::GET,
            "/api/nothing/",
            None,
            "",
            404,
            "route_not_found",
        ),
        (Method::GET, "/api/%00/", None, "", 404, "not_found"),
        (Method::GET, "/api/jobs/%ff/", None, "", 404, "not_found"),
        (Method::DELETE, login, None, "", 405, "method_not_allowed"),
        (Method::OPTIONS, login, None, "", 405, "method_not_allowed"),
        (
            Method::POST,
            login,
            None,
            "{}",
            415,
            "unsupported_media_type",
        ),
        (
            Method::POST,
            login,
            Some("text/plain"),
            "{}",
            415,
            "unsupported_media_type",
        ),
        (Method::POST, login, json, "", 400, "malformed_request"),
        (
            Method::POST,
            login,
            json,
            "{\"email\":",
            400,
            "malformed_request",
        ),
        (
            Method::POST,
            login,
            json,
            "{\"email\":\"a\",\"email\":\"b\"}",
            400,
            "malformed_request",
        ),
        (
            Method::POST,
            login,
            json,
            &"[".repeat(9_000),
            400,
            "malformed_request",
        ),
        (
            Method::POST,
            login,
            json,
            "\u{feff}{}",
            400,
            "malformed_request",
        ),
        (Method::POST, login, json, &long, 413, "body_too_large"),
        (Method::POST, login, json, "{}", 422, "validation_failed"),
        (
            Method::POST,
            "/api/auth/login/?next=x",
            json,
            "{}",
            422,
            "validation_failed",
        ),
        (
            Method::GET,
            "/api/users/profile/",
            None,
            "",
            401,
            "credentials_required",
        ),
    ] {
        let answer = send(&client, method.clone(), path, content_type, body).await;
        let case = format!(
            "{method} {path} {}: {}",
            &body[..body.len().min(30)],
            answer.text
        );
        assert_eq!(answer.status.as_u16(), status, "{case}");
        assert_eq!(answer.json["code"], code, "{case}");
        assert_eq!(answer.json["status"], status, "{case}");
        assert_eq!(
            answer.json["type"],
            format!("urn:jobboard:problem:{code}"),
            "{case}"
        );
        assert_eq!(
            answer.headers["content-type"], "application/problem+json",
            "{case}"
        );
        let id = answer.headers["x-request-id"].to_str().unwrap();
        assert_eq!(answer.json["request_id"], id, "{case}");
        assert_secure(&answer.headers);
    }
}

fn assert_secure(headers: &HeaderMap) {
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert_eq!(headers["x-frame-options"], "DENY");
    assert_eq!(headers["referrer-policy"], "no-referrer");
    assert!(headers.contains_key("content-security-policy"));
    assert!(!headers.contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn another_method_is_answered_with_those_that_are() {
    let app = TestApp::start().await;
    let answer = app.anonymous().delete("/api/users/profile/").await;
    assert_eq!(answer.status.as_u16(), 405);
    assert_eq!(answer.headers["allow"], "GET, HEAD, PATCH, PUT");
    // Of methods that nobody has heard of too.
    let unheard = Method::from_bytes(b"QUERY").unwrap();
    let answer = send(&app.anonymous(), unheard, "/api/users/profile/", None, "").await;
    assert_eq!(answer.status.as_u16(), 405);
    assert_eq!(answer.headers["allow"], "GET, HEAD, PATCH, PUT");
    for (path, allow) in [
        ("/api/docs/", "GET, HEAD"),
        ("/", "GET, HEAD"),
        ("/email/verify/", "GET, HEAD, POST"),
        ("/admin/logout/", "POST"),
    ] {
        let answer = app.anonymous().put(path, json!({})).await.expect(405);
        assert_eq!(answer.headers["allow"], allow, "{path}");
    }
    let head = send(&app.anonymous(), Method::HEAD, "/health/", None, "").await;
    assert_eq!((head.status.as_u16(), head.text.as_str()), (200, ""));
}

#[tokio::test]
async fn a_fault_of_the_server_tells_nothing() {
    let app = TestApp::start().await;
    let client = app.employer().await;
    sqlx::query("alter table users rename column last_login to seen")
        .execute(&app.db)
        .await
        .unwrap();
    let answer = client.get("/api/users/profile/").await;
    assert_eq!(answer.status.as_u16(), 500);
    assert_eq!(answer.json["code"], "internal_error");
    assert!(!answer.text.contains("last_login"), "{}", answer.text);
}

#[tokio::test]
async fn a_request_id_is_taken_over_and_given_back() {
    let app = TestApp::start().await;
    let ask = async |id: &str| {
        let request = app
            .anonymous()
            .request(Method::GET, "/health")
            .header("x-request-id", id);
        let answer = Response::read(request, id.to_owned()).await;
        answer.headers["x-request-id"].to_str().unwrap().to_owned()
    };
    assert_eq!(ask("trace-1").await, "trace-1");
    assert_ne!(ask("two words").await, "two words");
}

#[tokio::test]
async fn both_spellings_of_an_address_are_served() {
    let app = TestApp::start().await;
    for path in [
        "/health",
        "/health/",
        "/health/db",
        "/health/db/",
        "//health//",
    ] {
        let answer = app.anonymous().get(path).await.expect(200);
        assert_eq!(answer.json["status"], "ok", "{path}");
        assert!(answer.json["version"].is_string());
    }
}

#[tokio::test]
async fn the_document_is_served_and_names_every_operation_once() {
    let app = TestApp::start().await;
    let answer = app.anonymous().get("/api/schema/").await.expect(200);
    assert_eq!(answer.headers["content-type"], "application/json");
    assert_eq!(answer.json, jobboard_api::openapi_document());
    let mut ids = Vec::new();
    for (path, operations) in answer.json["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let name = format!("{method} {path}");
            ids.push(operation["operationId"].as_str().expect(&name).to_owned());
            assert_eq!(
                operation["tags"].as_array().map(Vec::len),
                Some(1),
                "{name}"
            );
            assert!(operation["summary"].is_string(), "{name}");
        }
    }
    let all = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), all);

    let etag = answer.headers["etag"].clone();
    let request = app
        .anonymous()
        .request(Method::GET, "/api/schema/")
        .header("if-none-match", etag);
    assert_eq!(
        Response::read(request, "again".to_owned())
            .await
            .status
            .as_u16(),
        304
    );
}

#[tokio::test]
async fn the_pages_of_the_document_need_nothing_from_elsewhere() {
    let app = TestApp::start().await;
    for path in ["/api/docs/", "/api/redoc/"] {
        let page = app.anonymous().get(path).await.expect(200);
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert!(
            policy.starts_with("default-src 'none'; script-src 'sha256-"),
            "{policy}"
        );
        assert!(!policy.contains("http"), "{policy}");
        assert!(!policy.contains("unsafe-eval"), "{policy}");
        for tag in ["<link", "<img", "<script", "<iframe"] {
            for (at, _) in page.text.match_indices(tag) {
                let tag: String = page.text[at..]
                    .chars()
                    .take_while(|c| *c != '>')
                    .take(300)
                    .collect();
                assert!(
                    !tag.contains("=\"http") && !tag.contains("=\"//"),
                    "{path}: {tag}"
                );
            }
        }
        for host in ["fonts.googleapis.com", "fonts.gstatic.com", "cdn.redoc.ly"] {
            assert!(!page.text.contains(host), "{path}: {host}");
        }
        assert!(
            page.text.contains("/api/auth/login"),
            "{path} shows the document"
        );
    }
}

#[tokio::test]
async fn answers_are_compressed_where_asked() {
    let app = TestApp::start().await;
    let request = app
        .anonymous()
        .request(Method::GET, "/api/schema/")
        .header("accept-encoding", "gzip");
    let answer = request.send().await.unwrap();
    assert_eq!(answer.headers()["content-encoding"], "gzip");
    assert!(
        answer.headers()["vary"]
            .to_str()
            .unwrap()
            .contains("Accept-Encoding")
    );
}

#[tokio::test]
async fn a_lost_database_is_said() {
    let app = TestApp::start().await;
    app.db.close().await;
    let answer = app.anonymous().get("/health/db/").await;
    assert_eq!(answer.status.as_u16(), 503);
    assert_eq!(answer.json["code"], "unavailable");
    app.anonymous().get("/health/").await.expect(200);
}

#[tokio::test]
async fn what_needs_an_account_is_closed_to_all_others() {
    let app = TestApp::start().await;
    let client = app.anonymous();
    let document = client.get("/api/schema/").await.expect(200).json;
    let mut closed = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let security = operation["security"].as_array();
            let open = security.is_none_or(|all| {
                all.is_empty()
                    || all
                        .iter()
                        .any(|one| one.as_object().is_some_and(|one| one.is_empty()))
            });
            if open {
                continue;
            }
            let name = format!("{method} {path}");
            let path = filled(path);
            let method: Method = method.to_uppercase().parse().unwrap();
            // Nothing is read of a request before its sender is known.
            let answer = send(&client, method, &path, Some("application/json"), "{").await;
            assert_eq!(answer.status.as_u16(), 401, "{name}: {}", answer.text);
            assert_eq!(answer.headers["www-authenticate"], "Bearer", "{name}");
            closed += 1;
        }
    }
    assert!(closed >= 3, "{closed}");
}

/// A path of the document with ids of nothing in it.
fn filled(path: &str) -> String {
    path.split('/')
        .map(|segment| match segment.starts_with('{') {
            true => "01890000-0000-7000-8000-000000000000",
            false => segment,
        })
        .collect::<Vec<_>>()
        .join("/")
}
