//! Front ends on other hosts (CORS): scripts of the configured origins may ask, with a
//! token in a header and never with a cookie.

use jobboard_shared::config::Http;
use poem::{
    Request, Response,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
};

const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE");
const REQUEST_HEADERS: HeaderValue = HeaderValue::from_static(
    "authorization, content-type, idempotency-key, if-match, if-none-match, last-event-id, x-request-id",
);
const ANSWER_HEADERS: HeaderValue = HeaderValue::from_static(
    "age, allow, cache-status, content-disposition, etag, idempotency-replayed, link, location, \
     ratelimit, ratelimit-policy, retry-after, www-authenticate, x-request-id",
);
/// Seconds; browsers keep it for two hours at most.
const REMEMBERED: HeaderValue = HeaderValue::from_static("7200");

/// A configured origin, which a request came from.
#[derive(Clone)]
pub(crate) struct KnownOrigin(HeaderValue);

impl KnownOrigin {
    pub(crate) fn of(request: &Request, config: &Http) -> Option<Self> {
        let origin = request.headers().get(header::ORIGIN)?;
        let known = config.cors_origins.iter().any(|known| origin == known);
        known.then(|| Self(origin.clone()))
    }

    /// Answers a browser that asks whether a script may ask.
    pub(crate) fn preflight(&self, request: &Request) -> Option<Response> {
        let asks = *request.method() == Method::OPTIONS
            && request
                .headers()
                .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        asks.then(|| {
            Response::builder()
                .status(StatusCode::NO_CONTENT)
                .header(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS)
                .header(header::ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS)
                .header(header::ACCESS_CONTROL_MAX_AGE, REMEMBERED)
                .finish()
        })
    }

    /// Lets the script read the answer.
    pub(crate) fn admit(self, headers: &mut HeaderMap) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, self.0);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, ANSWER_HEADERS);
    }
}
