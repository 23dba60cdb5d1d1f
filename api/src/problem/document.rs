//! Problems as bodies, and what the document says of them.

use jobboard_shared::FieldError;
use poem_openapi::{
    ApiResponse, Object,
    registry::{MetaHeader, MetaMediaType, MetaResponse, MetaResponses, Registry},
    types::Type,
};

use super::{CONTENT_TYPE, Problem};

/// The answer to a request that was refused (RFC 9457).
#[derive(Debug, Object)]
#[oai(rename = "Problem")]
pub(super) struct ProblemBody {
    /// Names the kind of problem.
    pub(super) r#type: String,
    /// The status in words.
    pub(super) title: String,
    /// The HTTP status.
    pub(super) status: u16,
    /// For people: what went wrong this time.
    pub(super) detail: String,
    /// For programs: stable.
    pub(super) code: String,
    /// Every field that is not valid; empty where no field is at fault.
    pub(super) errors: Vec<ProblemField>,
    /// To be named when asking for help.
    #[oai(skip_serializing_if_is_none)]
    pub(super) request_id: Option<String>,
}

/// One thing wrong with one field of a body or one query parameter.
#[derive(Debug, Object)]
pub(super) struct ProblemField {
    /// Path of the field: `salary_min`, `skills.0.name`.
    pub(super) field: String,
    /// For programs: stable.
    pub(super) code: String,
    /// For people.
    pub(super) message: String,
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
