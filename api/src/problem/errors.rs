//! What errors of the domains and of the database mean to a client.

use jobboard_shared::{Error, recommendations::engines::EngineError};
use poem::http::{HeaderValue, StatusCode, header};

use super::Problem;

const FOREIGN_KEY_VIOLATION: &str = "23503";

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

impl From<EngineError> for Problem {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Database(error) => error.into(),
            EngineError::Stopped(error) => Self::internal(error),
        }
    }
}

impl Problem {
    /// Whether the database broke the request off because of another one, so that the
    /// same again may end otherwise.
    pub(crate) fn lost_to_another(&self) -> bool {
        let error = self.source.as_ref().and_then(|s| s.downcast_ref());
        let Some(sqlx::Error::Database(cause)) = error else {
            return false;
        };
        matches!(
            cause.code().as_deref(),
            Some("40001" | "40P01" | FOREIGN_KEY_VIOLATION)
        )
    }

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
            // What is named was there when it was looked for.
            sqlx::Error::Database(ref cause)
                if cause.code().as_deref() == Some(FOREIGN_KEY_VIOLATION) =>
            {
                Self {
                    source: Some(error.into()),
                    ..Self::conflict(
                        "removed_meanwhile",
                        "something that this names was removed meanwhile, or is used now",
                    )
                }
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

#[cfg(test)]
mod tests {
    use std::{borrow::Cow, error::Error as StdError, fmt};

    use super::*;

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
