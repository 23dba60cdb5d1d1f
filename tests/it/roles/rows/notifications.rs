//! What accounts are told.

use serde_json::json;
use uuid::Uuid;

use crate::{
    roles::{Ask, Case, Row, Whose, ask::hold, plain, row},
    support::Client,
};

/// A line of the asker's, or of somebody else's.
async fn line(case: &Case) -> Uuid {
    let owner: &Client = match case.whose {
        Whose::Own => case.asker(),
        Whose::Foreign => case.admin(),
    };
    sqlx::query_scalar(
        "insert into notifications (user_id, notification_type, title, message)
         values ($1, 'system', 'line', '') returning id",
    )
    .bind(owner.user_id)
    .fetch_one(&case.app().db)
    .await
    .unwrap()
}

const OWN: &str = "401 200/404 200/404 200/404 200/404";

pub(super) fn rows() -> Vec<Row> {
    vec![
        plain("create_live_ticket", "401 201 201 201 201"),
        // Without the upgrade; with it see `live::tickets`.
        row("open_live_socket", "400 400 400 400 400", |_| async {
            Ask::default().query("ticket=x")
        }),
        plain("get_notification_preferences", "401 200 200 200 200"),
        row(
            "replace_notification_preferences",
            "401 200 200 200 200",
            |_| async {
                let all = json!({"in_app": true, "email": true});
                Ask::default().json(json!({"application_status": all, "job_match": all,
                                           "message": all, "system": all, "summary": {"email": true}}))
            },
        ),
        plain("list_notifications", "401 200 200 200 200"),
        plain("count_unread_notifications", "401 200 200 200 200"),
        row("read_all_notifications", "401 200 200 200 200", |_| async {
            Ask::default().json(json!({}))
        }),
        row("report_mails", "401 401 401 401 401", |_| async {
            Ask::default().json(json!({"reports": [{
                "event_id": "1", "message_id": "2", "recipient": "a@example.com",
                "trouble": "complained",
            }]}))
        }),
        row("get_notification", OWN, |case| async move {
            Ask::of(line(&case).await)
        }),
        row("read_notification", OWN, |case| async move {
            Ask::of(line(&case).await)
        }),
        row(
            "delete_notification",
            "401 204/404 204/404 204/404 204/404",
            |case| async move { Ask::of(line(&case).await) },
        ),
    ]
}

#[tokio::test]
async fn notifications() {
    hold(rows()).await;
}
