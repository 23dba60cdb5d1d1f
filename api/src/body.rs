//! JSON bodies that are checked whole before they are parsed.

use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use poem::{Body, FromRequest, Request, RequestBody};
use poem_openapi::{
    impl_apirequest_for_payload,
    payload::{Json, ParsePayload, Payload},
    registry::{MetaSchemaRef, Registry},
    types::{ParseFromJSON, Type},
};

use crate::{App, framework_errors, json, problem::Problem, retries::ReadBody, schema::Schema};

/// A client that stops sending must not hold a connection.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// A JSON body. Unlike [`Json`] it answers 422 with *every* field that is
/// missing, of the wrong type, out of bounds, unknown or read-only, and 400 for
/// what is not JSON or names a key twice.
#[derive(Debug)]
pub struct Strict<T>(pub T);

impl<T: Type> Payload for Strict<T> {
    const CONTENT_TYPE: &'static str = "application/json";

    fn check_content_type(content_type: &str) -> bool {
        Json::<T>::check_content_type(content_type)
    }

    fn schema_ref() -> MetaSchemaRef {
        T::schema_ref()
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

impl<T: ParseFromJSON + 'static> ParsePayload for Strict<T> {
    const IS_REQUIRED: bool = T::IS_REQUIRED;

    async fn from_request(request: &Request, body: &mut RequestBody) -> poem::Result<Self> {
        let limit = <poem::web::Data<&App>>::from_request(request, body)
            .await?
            .config
            .http
            .max_body_bytes;
        let bytes = read(body.take()?, limit).await?;
        ReadBody::keep(request, &bytes);
        Ok(Self(parse(&bytes)?))
    }
}

impl_apirequest_for_payload!(Strict<T>, T: ParseFromJSON + 'static);

/// Reads a body of at most `limit` bytes.
pub(crate) async fn read(body: Body, limit: usize) -> Result<Bytes, Problem> {
    let reading = async {
        let mut bytes = Vec::new();
        let mut stream = std::pin::pin!(body.into_bytes_stream());
        while let Some(chunk) = stream.next().await {
            let chunk =
                chunk.map_err(|_| Problem::malformed("the body ended before it was complete"))?;
            if bytes.len() + chunk.len() > limit {
                return Err(framework_errors::too_large());
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(Bytes::from(bytes))
    };
    tokio::time::timeout(READ_TIMEOUT, reading)
        .await
        .unwrap_or_else(|_| {
            Err(Problem::new(
                poem::http::StatusCode::REQUEST_TIMEOUT,
                "body_too_slow",
                "the body did not arrive in time",
            ))
        })
}

/// Checks and parses a body.
fn parse<T: ParseFromJSON + 'static>(bytes: &[u8]) -> Result<T, Problem> {
    if bytes.is_empty() && T::IS_REQUIRED {
        return Err(Problem::malformed("the body is empty"));
    }
    let value = json::parse(bytes)
        .map_err(|error| Problem::malformed(format!("the body is not valid JSON: {error}")))?;
    let errors = Schema::of::<T>().check(&value);
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    // The check knows every rule that the schema shows; a type of its own may
    // know more.
    T::parse_from_json(Some(value))
        .map_err(|error| Problem::invalid_field("", "invalid", error.into_message()))
}
