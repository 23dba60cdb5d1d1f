//! The OpenAPI document as it is served, and the pages that show it: what the
//! framework writes, made exact.

mod completion;
mod components;
mod examples;
mod facts;
mod live;
mod pages;
mod postman;
mod responses;

use serde_json::Value;

pub(crate) use pages::Docs;

/// The framework's document with what it does not say: nulls, objects without
/// further properties, amounts, what every operation may answer, headers, examples.
#[expect(
    clippy::expect_used,
    reason = "at start-up, of what the framework wrote"
)]
pub(crate) fn complete(spec: &str) -> Value {
    let mut document: Value = serde_json::from_str(spec).expect("the document is JSON");
    completion::complete(&mut document);
    examples::add(&mut document);
    responses::share(&mut document);
    live::describe(&mut document);
    document
}

/// The document as a Postman collection.
pub(crate) fn postman_collection(document: &Value) -> Value {
    postman::collection(document)
}
