//! An account at the API, or nobody.

use std::net::IpAddr;

use reqwest::{Method, StatusCode, header::HeaderMap};
use serde_json::Value;
use uuid::Uuid;

/// Sends requests as one account.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) base: String,
    pub(crate) http: reqwest::Client,
    pub(crate) token: Option<String>,
    pub(crate) refresh_token: Option<String>,
    /// The account's id; nil for an anonymous client.
    pub(crate) user_id: Uuid,
    pub(crate) email: String,
    /// What the proxy in front says; absent, no proxy is in front.
    pub(crate) address: Option<IpAddr>,
}

impl Client {
    pub(crate) async fn get(&self, path: &str) -> Response {
        self.send(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Response {
        self.send(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Response {
        self.send(Method::PUT, path, Some(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Response {
        self.send(Method::PATCH, path, Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Response {
        self.send(Method::DELETE, path, None).await
    }

    /// For what the shortcuts do not say: other headers, other bodies.
    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(address) = self.address {
            request = request.header("x-forwarded-for", address.to_string());
        }
        request
    }

    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Response {
        let mut request = self.request(method.clone(), path);
        if let Some(body) = body {
            request = request.json(&body);
        }
        Response::read(request, format!("{method} {path}")).await
    }
}

/// An answer, read whole.
pub(crate) struct Response {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    /// Null where the body is not JSON.
    pub(crate) json: Value,
    request: String,
}

impl Response {
    pub(crate) async fn read(request: reqwest::RequestBuilder, name: String) -> Self {
        let response = request
            .send()
            .await
            .unwrap_or_else(|e| panic!("{name}: {e}"));
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response
            .text()
            .await
            .unwrap_or_else(|e| panic!("{name}: {e}"));
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Self {
            status,
            headers,
            text,
            json,
            request: name,
        }
    }

    /// Fails, with the body, unless the status is this one.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(
            self.status.as_u16(),
            status,
            "{} answered {}: {}",
            self.request,
            self.status,
            self.text
        );
        self
    }

    /// The `id` of the body.
    #[track_caller]
    pub(crate) fn id(&self) -> Uuid {
        self.json["id"]
            .as_str()
            .and_then(|id| id.parse().ok())
            .unwrap_or_else(|| panic!("{} answered no id: {}", self.request, self.text))
    }

    /// The `results` of a list.
    #[track_caller]
    pub(crate) fn results(&self) -> &Vec<Value> {
        self.json["results"]
            .as_array()
            .unwrap_or_else(|| panic!("{} answered no results: {}", self.request, self.text))
    }

    /// `(field, code)` of each error of a problem, sorted.
    pub(crate) fn field_errors(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut errors: Vec<_> = self.json["errors"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|e| (text(&e["field"]), text(&e["code"])))
            .collect();
        errors.sort();
        errors
    }
}
