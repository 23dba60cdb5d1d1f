//! By which names the board is served, and whose scripts may ask.

use reqwest::Method;

use crate::support::{Response, TestApp};

#[tokio::test]
async fn other_host_names_are_not_served() {
    let app = TestApp::start_with(|config| {
        config.http.allowed_hosts = vec!["jobs.example.com".to_owned()];
    })
    .await;
    let ask = async |path: &str, host: &str| {
        let request = app
            .anonymous()
            .request(Method::GET, path)
            .header("host", host);
        Response::read(request, host.to_owned())
            .await
            .status
            .as_u16()
    };
    assert_eq!(ask("/api/schema", "jobs.example.com:8000").await, 200);
    assert_eq!(ask("/api/schema", "evil.example.com").await, 400);
    assert_eq!(ask("/health/", "10.0.0.7").await, 200);
}

#[tokio::test]
async fn scripts_of_the_configured_origins_may_ask() {
    let front = "https://jobs.example.org";
    let app = TestApp::start_with(|config| {
        config.http.cors_origins = vec![front.to_owned()];
        config.rate_limits.anonymous = "1/1h".parse().ok();
    })
    .await;
    let client = app.visitor();
    let ask = async |method: Method, origin: &str| {
        let request = client
            .request(method.clone(), "/api/jobs/")
            .header("origin", origin)
            .header("access-control-request-method", "POST");
        Response::read(request, method.to_string()).await
    };
    // However often the browser asks.
    for _ in 0..3 {
        let preflight = ask(Method::OPTIONS, front).await.expect(204);
        assert_eq!(preflight.headers["access-control-allow-origin"], front);
        let headers = preflight.headers["access-control-allow-headers"].to_str();
        assert!(headers.unwrap().contains("idempotency-key"));
    }
    let answer = ask(Method::GET, front).await.expect(200);
    assert_eq!(answer.headers["access-control-allow-origin"], front);
    assert!(answer.headers["vary"].to_str().unwrap().contains("Origin"));
    assert!(
        !answer
            .headers
            .contains_key("access-control-allow-credentials")
    );
    let refused = ask(Method::GET, front).await.expect(429);
    assert_eq!(refused.headers["access-control-allow-origin"], front);
    let client = app.visitor();
    let request = client
        .request(Method::OPTIONS, "/api/jobs/")
        .header("origin", "https://evil.example.org")
        .header("access-control-request-method", "POST");
    let stranger = Response::read(request, "a stranger".to_owned())
        .await
        .expect(405);
    assert!(!stranger.headers.contains_key("access-control-allow-origin"));
}
