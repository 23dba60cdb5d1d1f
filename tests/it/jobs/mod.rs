//! Posting, changing, listing and looking at jobs.

mod companies;
mod counters;
mod lifecycle;
mod limits;
mod listing;
mod moves;
mod posting;
mod removal;
mod schedule;
mod views;
mod workplaces;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::Client;

/// The smallest ad there is.
pub(crate) fn ad(title: &str) -> Value {
    json!({"title": title, "company": "Tech Corp"})
}

/// `body` with other fields laid over it.
pub(crate) fn with(mut body: Value, fields: Value) -> Value {
    let fields = fields.as_object().expect("an object").clone();
    body.as_object_mut().expect("an object").extend(fields);
    body
}

pub(crate) async fn post(client: &Client, body: Value) -> Uuid {
    client.post("/api/jobs/", body).await.expect(201).id()
}

pub(crate) async fn publish(client: &Client, title: &str) -> Uuid {
    post(client, with(ad(title), json!({"status": "published"}))).await
}
