//! What the framework's own errors mean to a client.

use poem::{
    Error,
    error::{
        MethodNotAllowedError, NotFoundError, ParseMultipartError, ReadBodyError, SizedLimitError,
    },
    http::StatusCode,
};
use poem_openapi::error::{
    AuthorizationError, ContentTypeError, ParseMultipartError as ParseMultipartFieldError,
    ParseParamError, ParsePathError, ParseRequestPayloadError,
};

use crate::problem::Problem;

/// Turns any error that reaches the edge into a problem. Ours pass unchanged.
pub(crate) fn to_problem(error: Error) -> Problem {
    let error = match error.downcast::<Problem>() {
        Ok(problem) => return problem,
        Err(error) => error,
    };
    if error.is::<NotFoundError>() {
        return Problem::new(
            StatusCode::NOT_FOUND,
            "route_not_found",
            "there is nothing at this address",
        );
    }
    if error.is::<MethodNotAllowedError>() {
        return Problem::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "this address does not know this method",
        );
    }
    if error.is::<ParsePathError>() {
        // What is not an id names nothing that exists.
        return Problem::new(
            StatusCode::NOT_FOUND,
            "not_found",
            "there is nothing of this id",
        );
    }
    if let Some(error) = error.downcast_ref::<ParseParamError>() {
        return Problem::invalid_field(error.name, "invalid", "the value is not valid");
    }
    if let Some(error) = error.downcast_ref::<ContentTypeError>() {
        return Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            match error {
                ContentTypeError::ExpectContentType => "the Content-Type header is missing",
                ContentTypeError::NotSupported { .. } => {
                    "bodies of this Content-Type are not understood here"
                }
            },
        );
    }
    if error.is::<AuthorizationError>() {
        return Problem::unauthorized("credentials_required", "sign in first");
    }
    if matches!(
        error.downcast_ref::<ReadBodyError>(),
        Some(ReadBodyError::PayloadTooLarge)
    ) || matches!(
        error.downcast_ref::<SizedLimitError>(),
        Some(SizedLimitError::PayloadTooLarge)
    ) {
        return too_large();
    }
    if let Some(error) = error.downcast_ref::<ParseRequestPayloadError>() {
        return Problem::malformed(error.reason.clone());
    }
    if let Some(error) = error.downcast_ref::<ParseMultipartFieldError>() {
        return Problem::malformed(error.reason.clone());
    }
    if error.is::<ParseMultipartError>() && error.status() == StatusCode::BAD_REQUEST {
        return Problem::malformed("the multipart body cannot be read");
    }
    by_status(error)
}

pub(crate) fn too_large() -> Problem {
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "body_too_large",
        "the body is too large",
    )
}

fn by_status(error: Error) -> Problem {
    let status = error.status();
    if status.is_server_error() {
        return Problem::internal(error.to_string());
    }
    let reason = status.canonical_reason().unwrap_or("Refused");
    let code = reason.to_ascii_lowercase().replace([' ', '-', '\''], "_");
    Problem::new(status, code, reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_client_error_keeps_its_status() {
        let problem = to_problem(Error::from_status(StatusCode::IM_A_TEAPOT));
        assert_eq!(problem.status(), StatusCode::IM_A_TEAPOT);
        assert_eq!(problem.code(), "i_m_a_teapot");
    }

    #[test]
    fn an_unknown_server_error_becomes_an_internal_one() {
        let problem = to_problem(Error::from_string("secret", StatusCode::BAD_GATEWAY));
        assert_eq!(problem.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(!problem.to_string().contains("secret"));
    }
}
