//! Listing, reading, deleting and forgetting.

use std::time::Duration;

use jobboard_shared::notifications::tasks::ForgetOldNotifications;
use serde_json::json;

use super::{lines, tell, titles, unread};
use crate::support::TestApp;

#[tokio::test]
async fn a_list_is_read_by_cursor_and_by_number_and_filtered() {
    let app = TestApp::start().await;
    let (user, other) = (app.freelancer().await, app.freelancer().await);
    for n in 1..=5 {
        tell(&app, user.user_id, &format!("line {n}")).await;
    }
    tell(&app, other.user_id, "foreign").await;
    assert_eq!(
        titles(&lines(&user).await),
        ["line 5", "line 4", "line 3", "line 2", "line 1"]
    );

    let first = user
        .get("/api/notifications/?page_size=2")
        .await
        .expect(200);
    assert_eq!(titles(first.results()), ["line 5", "line 4"]);
    let cursor = first.json["next_cursor"].as_str().unwrap();
    // What comes meanwhile moves nothing.
    tell(&app, user.user_id, "line 6").await;
    let path = format!("/api/notifications/?page_size=2&cursor={cursor}");
    let second = user.get(&path).await.expect(200);
    assert_eq!(titles(second.results()), ["line 3", "line 2"]);
    let third = user.get("/api/notifications/?page_size=2&page=3").await;
    let third = third.expect(200);
    assert_eq!(titles(third.results()), ["line 2", "line 1"]);
    assert_eq!(third.json["count"], 6);

    let id = first.results()[0]["id"].as_str().unwrap();
    user.post(&format!("/api/notifications/{id}/read/"), json!({}))
        .await
        .expect(200);
    let read = user
        .get("/api/notifications/?is_read=true")
        .await
        .expect(200);
    assert_eq!(titles(read.results()), ["line 5"]);
    let unread = user.get("/api/notifications/?is_read=false&page=1").await;
    assert_eq!(unread.expect(200).json["count"], 5);
    let matches = user
        .get("/api/notifications/?notification_type=job_match")
        .await;
    assert!(matches.expect(200).results().is_empty());
    // A cursor belongs to its filter.
    let path = format!("/api/notifications/?is_read=true&cursor={cursor}");
    user.get(&path).await.expect(422);
    user.get("/api/notifications/?notification_type=gossip")
        .await
        .expect(422);
}

#[tokio::test]
async fn reading_twice_is_reading_once() {
    let app = TestApp::start().await;
    let user = app.freelancer().await;
    let id = tell(&app, user.user_id, "line").await;
    tell(&app, user.user_id, "another").await;
    assert_eq!(unread(&user).await, 2);
    let path = format!("/api/notifications/{id}/read/");
    let read = user.post(&path, json!({})).await.expect(200);
    assert_eq!(read.json["is_read"], true);
    app.advance_time(Duration::from_secs(60)).await;
    let again = user.post(&path, json!({})).await.expect(200);
    assert_eq!(again.json["read_at"], read.json["read_at"]);
    assert_eq!(unread(&user).await, 1);
}

#[tokio::test]
async fn all_are_read_up_to_what_the_reader_has_seen() {
    let app = TestApp::start().await;
    let user = app.freelancer().await;
    for n in 1..=3 {
        tell(&app, user.user_id, &format!("line {n}")).await;
    }
    let seen = lines(&user).await[0]["number"].as_i64().unwrap();
    tell(&app, user.user_id, "unseen").await;
    let path = "/api/notifications/read/";
    let answer = user.post(path, json!({"up_to": seen})).await.expect(200);
    assert_eq!(answer.json["count"], 3);
    let left = user
        .get("/api/notifications/?is_read=false")
        .await
        .expect(200);
    assert_eq!(titles(left.results()), ["unseen"]);
    assert_eq!(
        user.post(path, json!({})).await.expect(200).json["count"],
        1
    );
    assert_eq!(
        user.post(path, json!({})).await.expect(200).json["count"],
        0
    );
    let wrong = user
        .post(path, json!({"up_to": -1, "all": true}))
        .await
        .expect(422);
    assert_eq!(wrong.field_errors().len(), 2, "{}", wrong.text);
}

#[tokio::test]
async fn notifications_are_their_accounts_alone() {
    let app = TestApp::start().await;
    let (user, other) = (app.freelancer().await, app.employer().await);
    let id = tell(&app, user.user_id, "line").await;
    let path = format!("/api/notifications/{id}/");
    let read = format!("{path}read/");
    for client in [&other, &app.admin().await] {
        client.get(&path).await.expect(404);
        client.post(&read, json!({})).await.expect(404);
        client.delete(&path).await.expect(404);
    }
    app.anonymous().get(&path).await.expect(401);
    app.anonymous().get("/api/notifications/").await.expect(401);
    other
        .post("/api/notifications/read/", json!({}))
        .await
        .expect(200);
    assert_eq!(unread(&user).await, 1);
    user.get(&path).await.expect(200);
    user.delete(&path).await.expect(204);
    user.delete(&path).await.expect(404);
    assert_eq!(unread(&user).await, 0);
}

#[tokio::test]
async fn old_lines_are_forgotten_some_at_a_time() {
    let app = TestApp::start().await;
    let user = app.freelancer().await;
    sqlx::query(
        "insert into notifications (user_id, notification_type, title, message, created_at)
         select $1, 'system', 'old ' || n, '', app_now() - interval '91 days'
         from generate_series(1, 2500) n",
    )
    .bind(user.user_id)
    .execute(&app.db)
    .await
    .unwrap();
    tell(&app, user.user_id, "new").await;
    app.enqueue(&ForgetOldNotifications {}).await;
    app.drain_tasks().await;
    assert_eq!(titles(&lines(&user).await), ["new"]);
}
