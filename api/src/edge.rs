//! Where requests come in and responses go out: request ids, the one log line,
//! host names, security headers, and every error as a problem.

use std::{any::Any, panic::AssertUnwindSafe, sync::Arc, time::Instant};

use futures::FutureExt;
use percent_encoding::percent_decode_str;
use poem::{
    Endpoint, Request, Response,
    endpoint::BoxEndpoint,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
};
use tracing::{Instrument, error, info, info_span, warn};
use uuid::Uuid;

use crate::{
    App,
    client_address::ClientAddress,
    cross_origin::KnownOrigin,
    etag, framework_errors,
    limits::{self, Counted},
    methods,
    operations::RoutePattern,
    problem::Problem,
    retries,
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Names a request in logs and answers. Extract it with `Data<&RequestId>`.
#[derive(Clone, Debug)]
pub struct RequestId(pub Arc<str>);

/// Marks a HEAD request: the routes serve it as GET, and endpoints cannot tell.
#[derive(Clone, Copy)]
pub(crate) struct HeadOnly;

impl RequestId {
    /// The caller's, if it is fit for a log, so that requests can be followed
    /// through several services; else a new one.
    fn of(headers: &HeaderMap) -> Self {
        let given = headers
            .get(REQUEST_ID)
            .and_then(|value| value.to_str().ok())
            .filter(|id| {
                (1..=64).contains(&id.len())
                    && id
                        .bytes()
                        .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
            });
        Self(match given {
            Some(id) => id.into(),
            None => Uuid::now_v7().simple().to_string().into(),
        })
    }
}

pub(crate) struct Edge {
    inner: BoxEndpoint<'static>,
    app: App,
    security_headers: Vec<(HeaderName, HeaderValue)>,
}

impl Edge {
    pub(crate) fn new(inner: BoxEndpoint<'static>, app: App) -> Self {
        let mut security_headers = vec![
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::X_FRAME_OPTIONS, "DENY"),
            (header::REFERRER_POLICY, "no-referrer"),
            (
                header::CONTENT_SECURITY_POLICY,
                "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
            ),
            (
                HeaderName::from_static("cross-origin-resource-policy"),
                "same-origin",
            ),
            (
                HeaderName::from_static("cross-origin-opener-policy"),
                "same-origin",
            ),
            (
                HeaderName::from_static("permissions-policy"),
                "camera=(), geolocation=(), microphone=()",
            ),
            (header::CACHE_CONTROL, "no-store"),
            (
                header::VARY,
                match app.config.http.cors_origins.as_slice() {
                    [] => "Accept-Encoding, Authorization",
                    _ => "Accept-Encoding, Authorization, Origin",
                },
            ),
        ];
        if app.config.http.public_url.scheme() == "https" {
            security_headers.push((
                header::STRICT_TRANSPORT_SECURITY,
                "max-age=31536000; includeSubDomains",
            ));
        }
        Self {
            inner,
            app,
            security_headers: security_headers
                .into_iter()
                .map(|(name, value)| (name, HeaderValue::from_static(value)))
                .collect(),
        }
    }

    async fn answer(
        &self,
        mut request: Request,
    ) -> Result<Response, (Problem, Option<RoutePattern>)> {
        self.check_host(&request)
            .map_err(|problem| (problem, None))?;
        // Postgres cannot store NUL, and what is no text names nothing either.
        let path = percent_decode_str(request.uri().path()).decode_utf8();
        if !path.is_ok_and(|path| !path.contains('\0')) {
            return Err((Problem::not_found("what this address names"), None));
        }
        // A route refuses those that it knows of with what it allows instead, and
        // others without. None answers to TRACE.
        if !methods::KNOWN.contains(request.method()) {
            request.set_method(Method::TRACE);
        }
        match AssertUnwindSafe(retries::call(&self.inner, request))
            .catch_unwind()
            .await
        {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => {
                let route = error.data::<RoutePattern>().cloned();
                Err((framework_errors::to_problem(error), route))
            }
            Err(panic) => Err((
                Problem::internal(format!("panicked: {}", panic_message(&*panic))),
                None,
            )),
        }
    }

    /// A forged host would end up in links, for example of a password reset.
    fn check_host(&self, request: &Request) -> Result<(), Problem> {
        // Load balancers ask by address.
        if request.uri().path().starts_with("/health") {
            return Ok(());
        }
        let host = request
            .headers()
            .get(header::HOST)
            .and_then(|host| host.to_str().ok())
            .or_else(|| request.uri().host())
            .unwrap_or_default();
        if self.app.config.http.allows_host(host) {
            return Ok(());
        }
        Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "host_not_allowed",
            "this server does not serve this host name",
        ))
    }
}

impl Endpoint for Edge {
    type Output = Response;

    async fn call(&self, mut request: Request) -> poem::Result<Response> {
        let started = Instant::now();
        let in_flight = self.app.requests.begin();
        let id = RequestId::of(request.headers());
        let method = request.method().clone();
        request.set_data(id.clone());
        let client = ClientAddress::of(&request, &self.app.config.http);
        request.set_data(client);
        if method == Method::HEAD {
            request.set_data(HeadOnly);
        }
        let span = info_span!("request", request_id = %id.0);
        let origin = KnownOrigin::of(&request, &self.app.config.http);
        let preflight = origin.as_ref().and_then(|o| o.preflight(&request));
        let counted = match preflight {
            Some(_) => None,
            None => {
                limits::count(&self.app, &request, client)
                    .instrument(span.clone())
                    .await
            }
        };
        let (mut response, route) = async {
            let answer = match (preflight, counted.as_ref().and_then(Counted::refusal)) {
                (Some(response), _) => Ok(response),
                (None, Some(refusal)) => Err((refusal, None)),
                (None, None) => self.answer(request).await,
            };
            match answer {
                Ok(response) => {
                    let route = response.data::<RoutePattern>().cloned();
                    (response, route)
                }
                Err((problem, route)) => {
                    log_fault(&problem);
                    (problem.to_response(Some(&id.0)), route)
                }
            }
        }
        .instrument(span)
        .await;
        if response.status() == StatusCode::NOT_MODIFIED {
            // Compressing nothing makes something.
            response.headers_mut().remove(header::CONTENT_ENCODING);
            response.set_body(());
        }
        let headers = response.headers_mut();
        etag::mark_compressed(headers);
        if let Some(counted) = counted {
            counted.tell(headers);
        }
        if let Some(origin) = origin {
            origin.admit(headers);
        }
        for (name, value) in &self.security_headers {
            headers.entry(name).or_insert_with(|| value.clone());
        }
        if let Ok(value) = HeaderValue::from_str(&id.0) {
            headers.insert(REQUEST_ID, value);
        }
        if method == Method::HEAD {
            response.set_body(());
        }
        // The route's pattern and never the address itself, which may hold
        // search words and tokens.
        let route = route.as_ref().map_or("-", |route| &*route.0);
        in_flight.end(&method, route, response.status(), started.elapsed());
        info!(
            request_id = %id.0,
            method = %method,
            route,
            client = %client,
            status = response.status().as_u16(),
            ms = started.elapsed().as_millis(),
            "answered",
        );
        Ok(response)
    }
}

/// Server faults are logged here and nowhere else, and so are refusals with a
/// cause, which a rule of ours should have found first.
fn log_fault(problem: &Problem) {
    let is_fault = problem.status().is_server_error();
    if !is_fault && std::error::Error::source(problem).is_none() {
        return;
    }
    let mut causes = Vec::new();
    let mut cause = std::error::Error::source(problem);
    while let Some(error) = cause {
        causes.push(error.to_string());
        cause = error.source();
    }
    let (code, cause) = (problem.code(), causes.join(": "));
    if is_fault {
        error!(code, cause, "request failed");
    } else {
        warn!(code, cause, "request refused by the database");
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without a message")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_id_that_could_forge_a_log_line_is_replaced() {
        let id = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(REQUEST_ID, HeaderValue::from_static(value));
            RequestId::of(&headers).0
        };
        assert_eq!(&*id("abc-1.2_3"), "abc-1.2_3");
        for bad in ["", "a b", "a\tb", "x\"y", &"a".repeat(65).leak()[..]] {
            assert_ne!(&*id(bad), bad);
        }
    }
}
