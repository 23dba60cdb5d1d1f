//! What accounts are told where they are signed in.

mod centre;
mod events;
mod order;
pub(crate) mod preferences;

use serde_json::Value;
use uuid::Uuid;

use crate::support::{Client, TestApp};

/// Writes a line, as an event of `kind` would.
pub(crate) async fn tell(app: &TestApp, user_id: Uuid, title: &str) -> Uuid {
    sqlx::query_scalar(
        "insert into notifications (user_id, event_id, notification_type, kind, title, message)
         values ($1, uuid_v7(), 'system', 'test', $2, '') returning id",
    )
    .bind(user_id)
    .bind(title)
    .fetch_one(&app.db)
    .await
    .unwrap()
}

/// The account's lines, newest first.
pub(crate) async fn lines(client: &Client) -> Vec<Value> {
    let page = client.get("/api/notifications/?page_size=100").await;
    page.expect(200).results().clone()
}

async fn unread(client: &Client) -> i64 {
    let answer = client.get("/api/notifications/unread-count/").await;
    answer.expect(200).json["count"].as_i64().unwrap()
}

fn titles(lines: &[Value]) -> Vec<&str> {
    lines
        .iter()
        .map(|line| line["title"].as_str().unwrap())
        .collect()
}
