//! Requests that the database broke off in favour of others, carried out again.
//!
//! Of two changes that wait for each other Postgres ends one, and a change that
//! names a row which somebody removes at that moment fails when it is written.
//! Neither is the client's fault, and a second look gives the right answer.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use poem::{
    Endpoint, Error, Request, Response,
    endpoint::BoxEndpoint,
    http::{Extensions, HeaderMap, Method, Uri, Version},
};
use tracing::info;

use crate::problem::Problem;

/// The first one included.
const ATTEMPTS: usize = 3;

/// What was read of a request's body.
#[derive(Clone, Default)]
pub(crate) struct ReadBody(Arc<OnceLock<Bytes>>);

impl ReadBody {
    /// Keeps the body of this request, read whole, for another attempt.
    pub(crate) fn keep(request: &Request, bytes: &Bytes) {
        if let Some(body) = request.data::<Self>() {
            // Read a second time it is the same.
            let _ = body.0.set(bytes.clone());
        }
    }
}

/// Carries out a request, again where that may help.
pub(crate) async fn call(
    endpoint: &BoxEndpoint<'static>,
    mut request: Request,
) -> poem::Result<Response> {
    let body = ReadBody::default();
    request.set_data(body.clone());
    let head = Head::of(&mut request);
    let mut result = endpoint.call(request).await;
    for attempt in 1..ATTEMPTS {
        if !result.as_ref().is_err_and(lost_to_another) {
            break;
        }
        let Some(again) = head.request(&body) else {
            break;
        };
        info!(attempt, "the database broke the request off");
        result = endpoint.call(again).await;
    }
    result
}

fn lost_to_another(error: &Error) -> bool {
    let problem = error.downcast_ref::<Problem>();
    problem.is_some_and(Problem::lost_to_another)
}

/// All of a request but its body.
struct Head {
    method: Method,
    uri: Uri,
    version: Version,
    headers: HeaderMap,
    extensions: Extensions,
    has_body: bool,
}

impl Head {
    fn of(request: &mut Request) -> Self {
        let body = request.take_body();
        let has_body = !body.is_empty();
        request.set_body(body);
        Self {
            has_body,
            method: request.method().clone(),
            uri: request.uri().clone(),
            version: request.version(),
            headers: request.headers().clone(),
            extensions: request.extensions().clone(),
        }
    }

    /// The request once more. `None`: its body was read as it came and is gone.
    fn request(&self, body: &ReadBody) -> Option<Request> {
        let bytes = match body.0.get() {
            Some(bytes) => bytes.clone(),
            None if self.has_body => return None,
            None => Bytes::new(),
        };
        let mut request = Request::builder()
            .method(self.method.clone())
            .uri(self.uri.clone())
            .version(self.version)
            .body(bytes);
        *request.headers_mut() = self.headers.clone();
        *request.extensions_mut() = self.extensions.clone();
        Some(request)
    }
}
