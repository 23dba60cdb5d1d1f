//! What every operation of the API has in common, put around it from outside:
//! query parameters are checked against the document, all errors at once; other
//! methods are answered with `Allow`; the document lists only the problems that
//! an operation can have.

use std::{collections::HashMap, sync::Arc};

use jobboard_shared::FieldError;
use poem::{
    Endpoint, EndpointExt, Request, Response,
    endpoint::BoxEndpoint,
    http::{HeaderValue, Method, header},
};
use poem_openapi::{
    OpenApi,
    registry::{MetaApi, MetaOperation, MetaParamIn, Registry},
};
use serde_json::Value;
use url::form_urlencoded;

use crate::{
    App,
    cached::{self, Rule},
    etag::{self, Tags},
    idempotency, methods, paging,
    preconditions::{self, Target},
    problem::Problem,
    schema::{self, Schema},
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
                            endpoint: Arc::new(endpoint),
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
    parameters: Vec<Parameter>,
    takes_keys: bool,
    target: Option<Target>,
    kept: Option<Rule>,
}

struct Parameter {
    name: String,
    required: bool,
    schema: Schema,
    /// Given several times, not once with commas.
    repeats: bool,
}

impl Operation {
    fn new(pattern: Arc<str>, operation: MetaOperation, registry: &Arc<Registry>) -> Self {
        let parameters = operation
            .params
            .into_iter()
            .filter(|param| param.in_type == MetaParamIn::Query)
            .map(|param| {
                let schema = Schema::new(param.schema, registry.clone());
                Parameter {
                    name: param.name,
                    required: param.required,
                    repeats: param.explode && schema.is_array(),
                    schema,
                }
            })
            .collect();
        Self {
            takes_keys: idempotency::applies_to(&pattern, &operation.method),
            target: Target::at(&pattern),
            kept: Rule::at(&pattern, &operation.method),
            pattern,
            parameters,
        }
    }

    /// Everything wrong with the query string.
    fn check(&self, query: &str) -> Vec<FieldError> {
        let mut given: Vec<(String, Vec<String>)> = Vec::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match given.iter_mut().find(|(known, _)| *known == name) {
                Some((_, values)) => values.push(value.into_owned()),
                None => given.push((name.into_owned(), vec![value.into_owned()])),
            }
        }
        let mut errors = Vec::new();
        for parameter in &self.parameters {
            match given.iter().find(|(name, _)| *name == parameter.name) {
                Some((_, values)) => errors.extend(parameter.check(values)),
                None if parameter.required => {
                    errors.push(FieldError::new(&parameter.name, "required", "is required"));
                }
                None => {}
            }
        }
        for (name, _) in &given {
            if !self.parameters.iter().any(|known| known.name == *name) {
                errors.push(self.unknown(name));
            }
        }
        errors.truncate(100);
        errors
    }

    fn unknown(&self, name: &str) -> FieldError {
        let known = self.parameters.iter().map(|known| known.name.as_str());
        let message = match schema::nearest(name, known) {
            Some(near) => format!("is not a parameter here; did you mean `{near}`?"),
            None => "is not a parameter here".to_owned(),
        };
        FieldError::new(schema::shown(name), "unknown_parameter", message)
    }
}

impl Parameter {
    fn check(&self, values: &[String]) -> Vec<FieldError> {
        let value = if self.schema.is_array() {
            let parts = values.iter().flat_map(|value| {
                let parts: Vec<_> = if self.repeats {
                    vec![value.as_str()]
                } else {
                    value.split(',').map(str::trim).collect()
                };
                parts
            });
            Value::Array(parts.map(|part| self.schema.read_text(part)).collect())
        } else if let [value] = values {
            self.schema.read_text(value)
        } else {
            return vec![FieldError::new(
                &self.name,
                "duplicate",
                "is given more than once",
            )];
        };
        let mut errors = self.schema.check(&value);
        for error in &mut errors {
            error.field = if error.field.is_empty() {
                self.name.clone()
            } else {
                format!("{}.{}", self.name, error.field)
            };
        }
        errors
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
            cached::call(rule, route, target.is_some(), &self.endpoint, request).await?
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
    use poem_openapi::{param::Query, payload::PlainText};

    use super::*;

    struct Lists;

    #[OpenApi]
    impl Lists {
        #[oai(path = "/lists/:id", method = "get")]
        async fn list(
            &self,
            _paging: crate::paging::PageParams,
            #[oai(name = "salary_min", validator(minimum(value = "0")))] _salary_min: Query<
                Option<i32>,
            >,
            #[oai(name = "job_type")] _job_type: Query<Vec<String>>,
            #[oai(name = "is_remote")] _is_remote: Query<Option<bool>>,
            #[oai(name = "q")] _q: Query<String>,
        ) -> PlainText<String> {
            PlainText("list".to_owned())
        }
    }

    fn operation() -> Operation {
        let operation = Guarded::<Lists>::meta()
            .remove(0)
            .paths
            .remove(0)
            .operations
            .remove(0);
        Operation::new("/lists/{id}".into(), operation, &Arc::default())
    }

    fn errors(query: &str) -> Vec<(String, String)> {
        operation()
            .check(query)
            .into_iter()
            .map(|error| (error.field, error.code.into_owned()))
            .collect()
    }

    #[test]
    fn a_good_query_passes() {
        assert_eq!(
            errors("q=a+b&salary_min=0&job_type=x&job_type=y&is_remote=true&page=2&page_size=100"),
            []
        );
    }

    #[test]
    fn every_bad_parameter_is_named() {
        let expected = [
            ("page", "out_of_range"),
            ("page_size", "invalid_type"),
            ("salary_min", "out_of_range"),
            ("is_remote", "duplicate"),
            ("q", "required"),
            ("slary_min", "unknown_parameter"),
        ]
        .map(|(field, code)| (field.to_owned(), code.to_owned()));
        let query =
            "page=0&page_size=many&salary_min=-1&is_remote=true&is_remote=false&slary_min=1";
        assert_eq!(errors(query), expected);
        let unknown = operation().check("q=&slary_min=1").remove(0);
        assert!(unknown.message.contains("`salary_min`"), "{unknown:?}");
    }

    #[test]
    fn what_the_database_cannot_store_is_refused() {
        assert_eq!(
            errors("q=%00"),
            [("q".to_owned(), "invalid_character".to_owned())]
        );
    }

    #[test]
    fn paths_of_router_and_document_meet() {
        assert_eq!(shape("/jobs/:param0/x"), shape("/jobs/{id}/x"));
    }
}
