//! Operating the background tasks.

use serde_json::json;
use uuid::Uuid;

use crate::{
    operating,
    roles::{Ask, Case, Row, ask::hold, plain, row},
};

pub(super) fn rows() -> Vec<Row> {
    vec![
        plain("list_tasks", "401 403 403 403 200"),
        row("get_task", "401 403 403 403 200", |case| async move {
            Ask::of(dead(&case).await)
        }),
        row("retry_task", "401 403 403 403 200", |case| async move {
            Ask::of(dead(&case).await)
        }),
        row("discard_task", "401 403 403 403 200", |case| async move {
            Ask::of(dead(&case).await)
        }),
        row("cancel_task", "401 403 403 403 200", |case| async move {
            Ask::of(pending(&case).await)
        }),
        row("run_task_now", "401 403 403 403 200", |case| async move {
            Ask::of(pending(&case).await)
        }),
        row("retry_tasks", "401 403 403 403 200", |_| async {
            Ask::default().json(json!({}))
        }),
        row("discard_tasks", "401 403 403 403 200", |_| async {
            Ask::default().json(json!({}))
        }),
        plain("list_queues", "401 403 403 403 200"),
        row("pause_queue", "401 403 403 403 200", |case| async move {
            queue(&case).await
        }),
        row("resume_queue", "401 403 403 403 200", |case| async move {
            queue(&case).await
        }),
        row("drain_queue", "401 403 403 403 200", |case| async move {
            queue(&case).await
        }),
        row("limit_queue", "401 403 403 403 200", |case| async move {
            queue(&case).await.json(json!({}))
        }),
        plain("list_batches", "401 403 403 403 200"),
        plain("list_schedule", "401 403 403 403 200"),
        plain("list_workers", "401 403 403 403 200"),
        plain("list_unsent_mails", "401 403 403 403 200"),
        row("resend_mail", "401 403 403 403 200", |case| async move {
            Ask::of(operating::unknown_mail(case.app()).await)
        }),
        plain("list_suppressions", "401 403 403 403 200"),
        row(
            "lift_suppression",
            "401 403 403 403 200",
            |case| async move { Ask::of(suppressed(&case).await) },
        ),
    ]
}

async fn dead(case: &Case) -> i64 {
    operating::dead(case.app(), 1).await[0]
}

/// A task that waits for its time.
async fn pending(case: &Case) -> i64 {
    sqlx::query_scalar(
        "insert into tasks (queue, kind, args, max_attempts, run_at, enqueued_at)
         values ('search', 'search.refresh_jobs', '{\"job_ids\": []}', 3,
                 app_now() + interval '1 day', app_now())
         returning id",
    )
    .fetch_one(&case.app().db)
    .await
    .unwrap()
}

async fn queue(case: &Case) -> Ask {
    pending(case).await;
    Ask::of("search")
}

/// An account that gets no mail.
async fn suppressed(case: &Case) -> Uuid {
    let account = case.app().freelancer().await;
    sqlx::query(
        "insert into email_suppressions (user_id, address_digest, reply)
         values ($1, sha256('x'), '550 no such mailbox')",
    )
    .bind(account.user_id)
    .execute(&case.app().db)
    .await
    .unwrap();
    account.user_id
}

#[tokio::test]
async fn tasks() {
    hold(rows()).await;
}
