//! Which methods an address serves; others are answered with these, in `Allow`.

use poem::{
    Endpoint, EndpointExt, Error, IntoEndpoint, Request, Response,
    endpoint::BoxEndpoint,
    http::{HeaderValue, Method, StatusCode, header},
};

use crate::problem::Problem;

/// All that routes answer to, or refuse by name.
pub(crate) const KNOWN: &[Method] = &[
    Method::GET,
    Method::HEAD,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
    Method::OPTIONS,
    Method::TRACE,
];

/// As `Allow` lists them: who serves GET serves HEAD.
pub(crate) fn allow<'a>(served: impl IntoIterator<Item = &'a Method>) -> HeaderValue {
    let mut names: Vec<_> = served.into_iter().map(Method::as_str).collect();
    if names.contains(&"GET") && !names.contains(&"HEAD") {
        names.push("HEAD");
    }
    names.sort_unstable();
    HeaderValue::from_str(&names.join(", ")).unwrap_or(HeaderValue::from_static(""))
}

/// 405.
pub(crate) fn not_allowed(allow: HeaderValue) -> Error {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "this address does not know this method",
    )
    .with_header(header::ALLOW, allow)
    .into()
}

/// The endpoints of a page, by method.
#[derive(Default)]
pub(crate) struct Methods(Vec<(Method, BoxEndpoint<'static>)>);

pub(crate) fn get<E>(endpoint: E) -> Methods
where
    E: IntoEndpoint,
    E::Endpoint: 'static,
{
    Methods::default().and(Method::GET, endpoint)
}

pub(crate) fn post<E>(endpoint: E) -> Methods
where
    E: IntoEndpoint,
    E::Endpoint: 'static,
{
    Methods::default().post(endpoint)
}

impl Methods {
    pub(crate) fn post<E>(self, endpoint: E) -> Self
    where
        E: IntoEndpoint,
        E::Endpoint: 'static,
    {
        self.and(Method::POST, endpoint)
    }

    fn and<E>(mut self, method: Method, endpoint: E) -> Self
    where
        E: IntoEndpoint,
        E::Endpoint: 'static,
    {
        let endpoint = endpoint.into_endpoint().map_to_response().boxed();
        self.0.push((method, endpoint));
        self
    }
}

impl Endpoint for Methods {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        let wanted = match request.method() {
            &Method::HEAD => Method::GET,
            method => method.clone(),
        };
        match self.0.iter().find(|(method, _)| *method == wanted) {
            Some((_, endpoint)) => endpoint.call(request).await,
            None => Err(not_allowed(allow(self.0.iter().map(|(method, _)| method)))),
        }
    }
}
