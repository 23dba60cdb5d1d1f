//! Errors as clients see them: RFC 9457 `application/problem+json`.

use std::{borrow::Cow, error::Error as StdError, fmt};

use jobboard_shared::{Error, FieldError};
use poem::{
    IntoResponse, Response,
    error::ResponseError,
    http::{HeaderName, HeaderValue, StatusCode, header},
};
use poem_openapi::{
    ApiResponse, Object,
    registry::{MetaHeader, MetaMediaType, MetaResponse, MetaResponses, Registry},
    types::{ToJSON, Type},
};

pub type Result<T, E = Problem> = std::result::Result<T, E>;

pub(crate) const CONTENT_TYPE: &str = "application/problem+json";

/// Why a request was refused. Handlers return it; the request id is added, and
/// a server fault logged, where the response leaves the server.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    code: Cow<'static, str>,
    detail: String,
    errors: Vec<FieldError>,
    headers: Vec<(HeaderName, HeaderValue)>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Problem {
    /// `code` is stable, for programs; `detail` is for people.
    pub fn new(
        status: StatusCode,
        code: impl Into<Cow<'static, str>>,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            status,
            code: code.into(),
            detail: detail.into(),
            errors: Vec::new(),
            headers: Vec::new(),
            source: None,
        }
    }

    /// The request cannot be read at all: 400.
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed_request", detail)
    }

    /// Fields that break a rule: 422.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let detail = match errors.len() {
            1 => "1 field is not valid".to_owned(),
            n => format!("{n} fields are not valid"),
        };
        Self {
            errors,
            ..Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "validation_failed",
                detail,
            )
        }
    }

    /// One field that breaks a rule: 422.
    pub fn invalid_field(
        field: impl Into<String>,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Self {
        Self::invalid(vec![FieldError::new(field, code, message)])
    }

    /// Not signed in, or no longer: 401 with a challenge.
    pub fn unauthorized(code: &'static str, detail: impl Into<String>) -> Self {
        let challenge = match code {
            "credentials_required" | "invalid_credentials" => "Bearer",
            _ => "Bearer error=\"invalid_token\"",
        };
        Self::new(StatusCode::UNAUTHORIZED, code, detail).with_header(
            header::WWW_AUTHENTICATE,
            HeaderValue::from_static(challenge),
        )
    }

    pub fn forbidden(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, detail)
    }

    /// `what` names the kind of thing: "job".
    pub fn not_found(what: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            format!("{what} not found"),
        )
    }

    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, detail)
    }

    /// The server's own fault. The cause is logged and never shown.
    pub fn internal(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self {
            source: Some(source.into()),
            ..Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal_error",
                "something went wrong on our side",
            )
        }
    }

    /// Something this server depends on does not answer. The cause is logged
    /// and never shown.
    pub fn unavailable(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self {
            source: Some(source.into()),
            ..Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "the service is not available at the moment",
            )
        }
        .with_header(header::RETRY_AFTER, HeaderValue::from_static("5"))
    }

    /// Background work stands still or lags behind; `detail` says which and how.
    pub(crate) fn workers_unhealthy(detail: String) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "workers_unhealthy", detail)
    }

    /// Answers cannot be kept, or not for all replicas; `detail` says why.
    pub(crate) fn cache_unhealthy(detail: &'static str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "cache_unhealthy", detail)
    }

    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    pub fn status(&self) -> StatusCode {
        self.status
    }

    pub fn code(&self) -> &str {
        &self.code
    }

    pub fn detail(&self) -> &str {
        &self.detail
    }

    pub fn errors(&self) -> &[FieldError] {
        &self.errors
    }

    /// The response, naming the request it answers.
    pub(crate) fn to_response(&self, request_id: Option<&str>) -> Response {
        let body = ProblemBody {
            r#type: format!("urn:jobboard:problem:{}", self.code),
            title: self.status.canonical_reason().unwrap_or("Error").to_owned(),
            status: self.status.as_u16(),
            detail: self.detail.clone(),
            code: self.code.clone().into_owned(),
            errors: self.errors.iter().map(ProblemField::from).collect(),
            request_id: request_id.map(str::to_owned),
        };
        let mut response = Response::builder()
            .status(self.status)
            .content_type(CONTENT_TYPE)
            .body(body.to_json_string());
        for (name, value) in &self.headers {
            response.headers_mut().insert(name.clone(), value.clone());
        }
        response
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.status.as_u16(), self.code, self.detail)
    }
}

impl StdError for Problem {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source
            .as_deref()
            .map(|e| e as &(dyn StdError + 'static))
    }
}

impl ResponseError for Problem {
    fn status(&self) -> StatusCode {
        self.status
    }

    fn as_response(&self) -> Response {
        self.to_response(None)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        self.to_response(None)
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound(what) => Self::not_found(what),
            Error::Invalid(errors) => Self::invalid(errors),
            Error::Conflict { code, message } => Self::conflict(code, message),
            Error::Forbidden { code, message } => Self::forbidden(code, message),
            Error::TooMany {
                code,
                message,
                retry_after,
            } => Self::new(StatusCode::TOO_MANY_REQUESTS, code, message).with_header(
                header::RETRY_AFTER,
                HeaderValue::from(retry_after.as_secs().max(1)),
            ),
            Error::Database(error) => Self::from_database(error),
        }
    }
}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        Error::from(error).into()
    }
}

impl Problem {
    fn from_database(error: sqlx::Error) -> Self {
        match error {
            // The caller may try again: the database is away, not the answer wrong.
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed => Self::unavailable(error),
            // Two changes waited for each other, or a statement took too long for
            // now: the caller may try again.
            sqlx::Error::Database(ref cause)
                if matches!(cause.code().as_deref(), Some("40001" | "40P01" | "57014")) =>
            {
                Self::unavailable(error)
            }
            // A value that the database cannot hold (class 22, data exception) is
            // the caller's, although no rule of ours named it.
            sqlx::Error::Database(ref cause)
                if cause.code().is_some_and(|code| code.starts_with("22")) =>
            {
                Self {
                    source: Some(error.into()),
                    ..Self::new(
                        StatusCode::UNPROCESSABLE_ENTITY,
                        "value_not_storable",
                        "a value is outside of what can be stored",
                    )
                }
            }
            error => Self::internal(error),
        }
    }
}

/// The answer to a request that was refused (RFC 9457).
#[derive(Debug, Object)]
#[oai(rename = "Problem")]
struct ProblemBody {
    /// Names the kind of problem.
    r#type: String,
    /// The status in words.
    title: String,
    /// The HTTP status.
    status: u16,
    /// For people: what went wrong this time.
    detail: String,
    /// For programs: stable.
    code: String,
    /// Every field that is not valid; empty where no field is at fault.
    errors: Vec<ProblemField>,
    /// To be named when asking for help.
    #[oai(skip_serializing_if_is_none)]
    request_id: Option<String>,
}

/// One thing wrong with one field of a body or one query parameter.
#[derive(Debug, Object)]
struct ProblemField {
    /// Path of the field: `salary_min`, `skills.0.name`.
    field: String,
    /// For programs: stable.
    code: String,
    /// For people.
    message: String,
}

impl From<&FieldError> for ProblemField {
    fn from(error: &FieldError) -> Self {
        Self {
            field: error.field.clone(),
            code: error.code.clone().into_owned(),
            message: error.message.clone(),
        }
    }
}

/// What every operation may answer. [`crate::operations::Guarded`] takes away
/// what an operation cannot answer.
const DOCUMENTED: &[(u16, &str)] = &[
    (400, "The request cannot be read"),
    (401, "Not signed in, or no longer"),
    (403, "Not allowed"),
    (404, "Not found"),
    (408, "The body did not arrive in time"),
    (409, "Not possible in the present state"),
    (412, "No longer the version that `If-Match` names"),
    (413, "The body is too large"),
    (415, "The body is of a type that is not understood"),
    (422, "Fields or parameters are not valid: all are named"),
    (
        429,
        "Too many requests: `Retry-After` says when to come back",
    ),
    (500, "A fault of the server"),
    (503, "Not available at the moment"),
];

fn retry_after() -> MetaHeader {
    MetaHeader {
        name: "Retry-After".to_owned(),
        description: Some("Seconds to wait".to_owned()),
        required: true,
        deprecated: false,
        schema: u64::schema_ref(),
    }
}

impl ApiResponse for Problem {
    fn meta() -> MetaResponses {
        MetaResponses {
            responses: DOCUMENTED
                .iter()
                .map(|(status, description)| MetaResponse {
                    description,
                    status: Some(*status),
                    status_range: None,
                    content: vec![MetaMediaType {
                        content_type: CONTENT_TYPE,
                        schema: ProblemBody::schema_ref(),
                    }],
                    headers: match status {
                        429 => vec![retry_after()],
                        _ => vec![],
                    },
                })
                .collect(),
        }
    }

    fn register(registry: &mut Registry) {
        ProblemBody::register(registry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_fault_tells_its_cause_to_the_log_alone() {
        let problem = Problem::internal("the password of the database is hunter2");
        assert!(StdError::source(&problem).is_some());
        let response = problem.to_response(Some("r1"));
        assert_eq!(response.content_type(), Some(CONTENT_TYPE));
        let body = response.into_body().into_string().await.unwrap();
        assert!(!body.contains("hunter2"));
        assert!(body.contains(r#""request_id":"r1""#), "{body}");
    }

    #[test]
    fn a_lost_connection_is_not_called_a_fault() {
        let problem = Problem::from(sqlx::Error::PoolTimedOut);
        assert_eq!(problem.status(), StatusCode::SERVICE_UNAVAILABLE);
    }

    #[derive(Debug)]
    struct Refusal(&'static str);

    impl fmt::Display for Refusal {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("date/time field value out of range")
        }
    }

    impl StdError for Refusal {}

    impl sqlx::error::DatabaseError for Refusal {
        fn message(&self) -> &str {
            "date/time field value out of range"
        }

        fn code(&self) -> Option<Cow<'_, str>> {
            Some(self.0.into())
        }

        fn as_error(&self) -> &(dyn StdError + Send + Sync + 'static) {
            self
        }

        fn as_error_mut(&mut self) -> &mut (dyn StdError + Send + Sync + 'static) {
            self
        }

        fn into_error(self: Box<Self>) -> Box<dyn StdError + Send + Sync + 'static> {
            self
        }

        fn kind(&self) -> sqlx::error::ErrorKind {
            sqlx::error::ErrorKind::Other
        }
    }

    #[test]
    fn a_value_that_cannot_be_stored_is_the_callers() {
        let status = |code| Problem::from(sqlx::Error::Database(Box::new(Refusal(code)))).status();
        assert_eq!(status("22008"), StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(status("22003"), StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(status("42P01"), StatusCode::INTERNAL_SERVER_ERROR);
    }
}
