//! Numbers in the order of commits, whatever happens at the same time.

use std::time::Duration;

use futures::future::join_all;
use tokio::time::timeout;
use uuid::Uuid;

use super::tell;
use crate::support::TestApp;

const INSERT: &str = "insert into notifications (user_id, notification_type, title, message)
                      values ($1, 'system', 'line', '') returning number";

#[tokio::test]
async fn a_number_is_seen_only_after_all_smaller_ones() {
    let app = TestApp::start().await;
    let (user, other) = (app.freelancer().await, app.freelancer().await);
    tell(&app, user.user_id, "first").await;

    let mut slow = app.db.begin().await.unwrap();
    let number: i64 = sqlx::query_scalar(INSERT)
        .bind(user.user_id)
        .fetch_one(&mut *slow)
        .await
        .unwrap();
    assert_eq!(number, 2);
    // Whoever comes later waits for the slow one, other accounts do not.
    let mut quick = Box::pin(tell(&app, user.user_id, "third"));
    let waiting = timeout(Duration::from_millis(300), &mut quick).await;
    assert!(waiting.is_err(), "a later number overtook an earlier one");
    tell(&app, other.user_id, "elsewhere").await;
    slow.commit().await.unwrap();
    quick.await;
    assert_eq!(numbers(&app, user.user_id).await, [1, 2, 3]);
}

#[tokio::test]
async fn what_is_rolled_back_was_never_told() {
    let app = TestApp::start().await;
    let user = app.freelancer().await;
    let mut tx = app.db.begin().await.unwrap();
    sqlx::query(INSERT)
        .bind(user.user_id)
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.rollback().await.unwrap();
    tell(&app, user.user_id, "first").await;
    assert_eq!(numbers(&app, user.user_id).await, [1]);
}

#[tokio::test]
async fn many_at_once_are_numbered_without_a_gap() {
    let app = TestApp::start().await;
    let user = app.freelancer().await;
    let writing = (0..10).map(async |_| {
        for _ in 0..20 {
            tell(&app, user.user_id, "line").await;
        }
    });
    join_all(writing).await;
    let expected: Vec<i64> = (1..=200).collect();
    assert_eq!(numbers(&app, user.user_id).await, expected);
}

async fn numbers(app: &TestApp, user_id: Uuid) -> Vec<i64> {
    sqlx::query_scalar("select number from notifications where user_id = $1 order by number")
        .bind(user_id)
        .fetch_all(&app.db)
        .await
        .unwrap()
}
