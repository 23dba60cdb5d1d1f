//! What every operation of the API has in common, put around it from outside:
//! query parameters are checked against the document, all errors at once; other
//! methods are answered with `Allow`; the document lists only the problems that
//! an operation can have.

mod query;

use std::{collections::HashMap, sync::Arc};

use poem::{
    Endpoint, EndpointExt, Request, Response,
    endpoint::BoxEndpoint,
    http::{HeaderValue, Method, header},
};
use poem_openapi::{
    OpenApi,
    registry::{MetaApi, MetaOperation, Registry},
};

use self::query::Parameters;
use crate::{
    App,
    cached::{self, Rule},
    etag::{self, Tags},
    idempotency, live, methods, paging,
    preconditions::{self, Target},
    problem::Problem,
    search,
    transaction::{self, Conditions},
};

/// The pattern of the route that answered, for the log: `/api/jobs/{id}`.
#[derive(Clone)]
pub(crate) struct RoutePattern(pub(crate) Arc<str>);

pub(crate) struct Guarded<A>(pub(crate) A);

impl<A: OpenApi> OpenApi for Guarded<A> {
    fn meta() -> Vec<MetaApi> {
        let mut apis = A::meta();
        for api in &mut apis {
            for path in &mut api.paths {
                for operation in &mut path.operations {
                    complete(&path.path, operation);
                }
            }
        }
        apis
    }

    fn register(registry: &mut Registry) {
        A::register(registry);
    }

    fn add_routes(self, table: &mut HashMap<String, HashMap<Method, BoxEndpoint<'static>>>) {
        let mut registry = Registry::new();
        A::register(&mut registry);
        let registry = Arc::new(registry);
        let mut operations: HashMap<(String, Method), Operation> = HashMap::new();
        for path in Self::meta().into_iter().flat_map(|api| api.paths) {
            let pattern: Arc<str> = path.path.as_str().into();
            for operation in path.operations {
                let key = (shape(&path.path), operation.method.clone());
                operations.insert(key, Operation::new(pattern.clone(), operation, &registry));
            }
        }
        let mut routes = HashMap::new();
        self.0.add_routes(&mut routes);
        for (path, methods) in routes {
            let shape = shape(&path);
            let allow = methods::allow(methods.keys());
            let mut pattern: Arc<str> = path.as_str().into();
            let guarded = table.entry(path).or_default();
            for (method, endpoint) in methods {
                // Absent: an operation hidden from the document looks after itself.
                let endpoint = match operations.remove(&(shape.clone(), method.clone())) {
                    Some(operation) => {
                        pattern = operation.pattern.clone();
                        GuardedEndpoint {
                            operation,
                            endpoint: Arc::new(live::hinting(endpoint)),
                        }
                        .boxed()
                    }
                    None => endpoint,
                };
                guarded.insert(method, endpoint);
            }
            refuse_other_methods(guarded, &allow, &pattern);
        }
    }
}

/// What answers 404 for what its body or query names, not its address.
const NAMED_ELSEWHERE: &[(&str, &Method)] = &[
    ("/api/admin/analytics", &Method::GET),
    ("/api/applications", &Method::POST),
    ("/api/employers/analytics", &Method::GET),
    ("/api/jobs/saved", &Method::POST),
];

/// Makes an operation's part of the document exact.
fn complete(path: &str, operation: &mut MetaOperation) {
    let params = std::mem::take(&mut operation.params);
    operation.params = params.into_iter().flat_map(paging::expand).collect();
    for param in &mut operation.params {
        // No values make an empty list, whatever the framework writes.
        if param.schema.is_array() {
            param.required = false;
        }
    }
    if idempotency::applies_to(path, &operation.method) {
        operation.params.push(idempotency::parameter());
    }
    let signed_in = !operation.security.is_empty();
    let has_body = operation.request.is_some();
    let has_params = !operation.params.is_empty();
    let changes = operation.method != Method::GET;
    let names_something = path.contains('{');
    operation
        .responses
        .responses
        .retain(|response| match response.status {
            Some(400 | 408 | 413 | 415) => has_body,
            Some(401) => signed_in || path.starts_with("/api/auth/"),
            Some(403) => signed_in || path == "/api/auth/register",
            Some(404) => names_something || NAMED_ELSEWHERE.contains(&(path, &operation.method)),
            Some(409) => changes,
            Some(412) => changes && Target::at(path).is_some(),
            Some(429) => path.starts_with("/api/"),
            Some(422) => has_body || has_params,
            _ => true,
        });
    preconditions::document(path, operation);
    cached::document(path, operation);
}

/// A path with its parameters' names left out, which the router and the
/// document spell differently.
fn shape(path: &str) -> String {
    path.split('/')
        .map(|segment| {
            if segment.starts_with([':', '{']) {
                "{}"
            } else {
                segment
            }
        })
        .collect::<Vec<_>>()
        .join("/")
}

fn refuse_other_methods(
    served: &mut HashMap<Method, BoxEndpoint<'static>>,
    allow: &HeaderValue,
    pattern: &Arc<str>,
) {
    let has_get = served.contains_key(&Method::GET);
    for method in methods::KNOWN {
        let is_served = served.contains_key(method) || (*method == Method::HEAD && has_get);
        if !is_served {
            let endpoint = NotAllowed {
                allow: allow.clone(),
                pattern: pattern.clone(),
            };
            served.insert(method.clone(), endpoint.boxed());
        }
    }
}

struct NotAllowed {
    allow: HeaderValue,
    pattern: Arc<str>,
}

impl Endpoint for NotAllowed {
    type Output = Response;

    async fn call(&self, _request: Request) -> poem::Result<Response> {
        let mut error = methods::not_allowed(self.allow.clone());
        error.set_data(RoutePattern(self.pattern.clone()));
        Err(error)
    }
}

struct Operation {
    pattern: Arc<str>,
    query: Parameters,
    takes_keys: bool,
    target: Option<Target>,
    kept: Option<Rule>,
}

impl Operation {
    fn new(pattern: Arc<str>, operation: MetaOperation, registry: &Arc<Registry>) -> Self {
        let query = Parameters::new(operation.params, registry);
        Self {
            takes_keys: idempotency::applies_to(&pattern, &operation.method),
            target: Target::at(&pattern),
            kept: Rule::at(&pattern, &operation.method),
            pattern,
            query,
        }
    }
}

struct GuardedEndpoint {
    operation: Operation,
    endpoint: Arc<BoxEndpoint<'static>>,
}

impl GuardedEndpoint {
    /// Does what the headers of repeated and conditional requests ask for, around
    /// the handler.
    async fn answer(&self, request: Request) -> poem::Result<Response> {
        let target = self.operation.target;
        let expected = preconditions::expected(target, &request).await?;
        if self.operation.takes_keys {
            return idempotency::call(&self.endpoint, request).await;
        }
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        let known = Tags::of(request.headers(), header::IF_NONE_MATCH).filter(|_| reads);
        let response = if expected.is_some() {
            let conditions = Conditions {
                expected,
                claim: None,
            };
            transaction::under(conditions, self.endpoint.call(request)).await?
        } else if let Some(rule) = self.operation.kept {
            let route = &self.operation.pattern;
            let visit = search::Visit::of(&request);
            let kept = target.is_some();
            let response = cached::call(rule, route, kept, &self.endpoint, request).await?;
            // Kept answers are searches too.
            if let Some(visit) = visit {
                visit.count(&response);
            }
            response
        } else {
            self.endpoint.call(request).await?
        };
        if self.operation.pattern.starts_with("/api/") && (reads || target.is_some()) {
            return Ok(etag::tag(response, target.is_some(), known.as_ref()).await?);
        }
        Ok(response)
    }
}

impl Endpoint for GuardedEndpoint {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        let errors = self
            .operation
            .query
            .check(request.uri().query().unwrap_or_default());
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        let cache = match request.data::<App>() {
            Some(app) if !reads => app.cache.clone(),
            _ => None,
        };
        let result = if errors.is_empty() {
            self.answer(request).await
        } else {
            Err(Problem::invalid(errors).into())
        };
        if let Some(cache) = cache {
            // Whoever changed something reads it next.
            cache.catch_up().await;
        }
        let route = RoutePattern(self.operation.pattern.clone());
        match result {
            Ok(mut response) => {
                response.set_data(route);
                Ok(response)
            }
            Err(mut error) => {
                error.set_data(route);
                Err(error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_router_and_document_meet() {
        assert_eq!(shape("/jobs/:param0/x"), shape("/jobs/{id}/x"));
    }
}
