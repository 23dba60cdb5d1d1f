//! Operating the tasks: what administrators see and do.

mod access;
mod commands;
mod fleet;
mod mails;
mod page;
mod queues;
mod tasks;

use serde_json::Value;
use sqlx::PgPool;
use uuid::Uuid;

use crate::support::{Client, TestApp};

/// Puts dead refreshes of no job into the queue `search`; gives their ids, those
/// that died first before the others. With a key each, if one is given.
async fn bury(db: &PgPool, count: i32, key: Option<&str>) -> Vec<i64> {
    sqlx::query_scalar(
        "with new as (
             insert into tasks (queue, kind, args, max_attempts, run_at, enqueued_at)
             select 'search', 'search.refresh_jobs', '{\"job_ids\": []}', 3, app_now(), app_now()
             from generate_series(1, $1) returning *),
         gone as (
             insert into dead_tasks (id, queue, kind, args, priority, attempt, max_attempts,
                                     unique_key, reason, errors, enqueued_at, died_at, fence)
             select id, queue, kind, args, 0, 3, 3, $2, 'attempts',
                 '[{\"at\": \"2026-11-22T10:00:00Z\", \"attempt\": 3, \"worker\": \"w1\",
                    \"error\": \"the disk is <full>\"}]',
                 enqueued_at, app_now() - make_interval(hours => 1) + make_interval(secs => row_number() over (order by id)), 3
             from new returning id)
         select id from gone order by id",
    )
    .bind(count)
    .bind(key)
    .fetch_all(db)
    .await
    .inspect(|ids: &Vec<i64>| assert_eq!(ids.len(), count as usize))
    .unwrap()
}

/// The tasks that [`bury`] made were never meant to run.
async fn forget_live(db: &PgPool, ids: &[i64]) {
    sqlx::query("delete from tasks where id = any($1)")
        .bind(ids)
        .execute(db)
        .await
        .unwrap();
}

/// [`bury`] and only that.
pub(crate) async fn dead(app: &TestApp, count: i32) -> Vec<i64> {
    let ids = bury(&app.db, count, None).await;
    forget_live(&app.db, &ids).await;
    ids
}

/// Dead tasks of one unique key.
async fn dead_with_key(app: &TestApp, count: i32, key: &str) -> Vec<i64> {
    let ids = bury(&app.db, count, Some(key)).await;
    forget_live(&app.db, &ids).await;
    ids
}

async fn task(admin: &Client, id: i64) -> Value {
    admin
        .get(&format!("/api/admin/tasks/{id}/"))
        .await
        .expect(200)
        .json
}

async fn queue(admin: &Client, name: &str) -> Value {
    let answer = admin.get("/api/admin/tasks/queues/").await.expect(200);
    let found = answer.results().iter().find(|queue| queue["queue"] == name);
    found
        .unwrap_or_else(|| panic!("no queue {name} in {}", answer.text))
        .clone()
}

/// A mail about an application that is gone, whose server never answered.
pub(crate) async fn unknown_mail(app: &TestApp) -> Uuid {
    let user = app.freelancer().await;
    sqlx::query_scalar(
        "insert into email_outbox (event_id, user_id, template, status, last_error, attempts)
         values ($1, $2, 'application_confirmation', 'unknown', 'no answer', 1) returning id",
    )
    .bind(Uuid::new_v4())
    .bind(user.user_id)
    .fetch_one(&app.db)
    .await
    .unwrap()
}
