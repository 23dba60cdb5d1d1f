//! Messages between the sides of an application.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::roles::{Ask, Case, Row, Whose, ask::hold, plain, row};

/// A message in the thread of an application: of the other side, where the asker is on
/// one.
async fn message(case: &Case) -> Uuid {
    let id = case.application().await;
    let asker = case.asker().user_id;
    let is_applicant = matches!(case.whose, Whose::Own) && case.freelancer().user_id == asker;
    let writer = if is_applicant {
        case.employer()
    } else {
        case.freelancer()
    };
    let path = format!("/api/messages/{id}/messages/");
    writer
        .post(&path, json!({"body": "Hello"}))
        .await
        .expect(201);
    id
}

async fn reported(case: &Case) -> Uuid {
    let id = message(case).await;
    sqlx::query_scalar(
        "insert into message_reports (message_id, reporter_id, reason)
         select id, $2, 'rude' from messages where application_id = $1 returning id",
    )
    .bind(id)
    .bind(case.admin().user_id)
    .fetch_one(&case.app().db)
    .await
    .unwrap()
}

const SIDES: &str = "401 200/404 200/404 200/404 403";
const ADMINS: &str = "401 403 403 403 200";

pub(super) fn rows() -> Vec<Row> {
    vec![
        plain("list_message_threads", "401 200 200 200 403"),
        row("get_message_thread", SIDES, |case| async move {
            Ask::of(message(&case).await)
        }),
        row("list_messages", SIDES, |case| async move {
            Ask::of(message(&case).await)
        }),
        row(
            "create_message",
            "401 201/404 201/404 201/404 403",
            |case| async move { Ask::of(case.application().await).json(json!({"body": "Hello"})) },
        ),
        row("read_messages", SIDES, |case| async move {
            Ask::of(message(&case).await).json(json!({"up_to": 1}))
        }),
        row("block_messages", SIDES, |case| async move {
            Ask::of(message(&case).await).json(Value::Null)
        }),
        row("unblock_messages", SIDES, |case| async move {
            Ask::of(message(&case).await)
        }),
        row(
            "report_message",
            "401 204/404 204/404 204/404 403",
            |case| async move {
                Ask::of(message(&case).await)
                    .and(1)
                    .json(json!({"reason": "rude"}))
            },
        ),
        plain("list_message_reports", ADMINS),
        row("get_message_report", ADMINS, |case| async move {
            Ask::of(reported(&case).await)
        }),
        row("close_message_report", ADMINS, |case| async move {
            Ask::of(reported(&case).await).json(json!({"outcome": "dismissed"}))
        }),
    ]
}

#[tokio::test]
async fn messages() {
    hold(rows()).await;
}
