//! News as it comes, over real sockets.

mod ends;
mod events;
mod replicas;
mod tickets;

use jobboard_shared::imports::tasks::ContinueImport;
use reqwest::{Method, header};
use serde_json::json;

use crate::{
    applications::Board,
    notifications::{lines, tell},
    support::{Response, Socket, TestApp, ids, until},
};

#[tokio::test]
async fn a_change_of_status_reaches_the_applicant_as_it_happens() {
    let app = TestApp::start().await;
    let board = Board::new(&app).await;
    let freelancer = app.freelancer().await;
    let (mut employers, hello) = Socket::open(&board.employer, None).await;
    assert_eq!(hello["id"], 0);
    let (mut applicants, _) = Socket::open(&freelancer, None).await;

    let id = board.apply(&freelancer).await.expect(201).id();
    let received = employers.event().await;
    assert_eq!(received["event"], "notification");
    assert_eq!(received["data"]["kind"], "application_received");
    assert_eq!(received["data"]["data"]["application_id"], id.to_string());
    board.set_status(id, "shortlisted").await.expect(200);
    let moved = applicants.event().await;
    assert_eq!(moved["data"]["data"]["status"], "shortlisted");
    assert_eq!(moved["id"], moved["data"]["number"]);
    app.drain_tasks().await;
}

#[tokio::test]
async fn after_a_torn_connection_all_that_was_missed_comes_in_order_once() {
    let app = TestApp::start().await;
    let user = app.freelancer().await;
    let (mut socket, _) = Socket::open(&user, None).await;
    tell(&app, user.user_id, "seen").await;
    let seen = socket.notifications(1).await;
    socket.tear();

    // More than one look brings, told by many at the same time.
    let telling = (0..6).map(async |_| {
        for _ in 0..20 {
            tell(&app, user.user_id, "missed").await;
        }
    });
    futures::future::join_all(telling).await;
    let last = seen[0]["id"].as_i64();
    let (mut socket, hello) = Socket::open(&user, last).await;
    assert_eq!(hello["id"], 1);
    tell(&app, user.user_id, "new").await;
    let events = socket.notifications(121).await;
    assert_eq!(ids(&events), (2..=122).collect::<Vec<i64>>());
    assert_eq!(events[120]["data"]["title"], "new");
    // They have reached a client.
    let delivered = async || {
        let count: i64 = sqlx::query_scalar("select count(*) from notifications where is_sent")
            .fetch_one(&app.db)
            .await
            .unwrap();
        count
    };
    until("all are sent", async || delivered().await == 122).await;
}

#[tokio::test]
async fn a_number_that_is_committed_late_is_not_passed_over() {
    let app = TestApp::start().await;
    let user = app.freelancer().await;
    let (mut socket, _) = Socket::open(&user, None).await;
    let insert = "insert into notifications (user_id, notification_type, title, message)
                  values ($1, 'system', $2, '')";
    let mut slow = app.db.begin().await.unwrap();
    sqlx::query(insert)
        .bind(user.user_id)
        .bind("slow")
        .execute(&mut *slow)
        .await
        .unwrap();
    let quick = tokio::spawn({
        let (db, user_id) = (app.db.clone(), user.user_id);
        async move {
            let quick = sqlx::query(insert).bind(user_id).bind("quick");
            quick.execute(&db).await.unwrap();
        }
    });
    let waits = "select exists (select from pg_stat_activity
                 where datname = current_database() and wait_event_type = 'Lock')";
    until("the quick one stands behind", async || {
        sqlx::query_scalar(waits).fetch_one(&app.db).await.unwrap()
    })
    .await;
    slow.commit().await.unwrap();
    quick.await.unwrap();
    let events = socket.notifications(2).await;
    assert_eq!(ids(&events), [1, 2]);
    assert_eq!(events[0]["data"]["title"], "slow");
}

#[tokio::test]
async fn who_names_an_event_that_never_was_goes_on_from_now() {
    let app = TestApp::start().await;
    let user = app.freelancer().await;
    tell(&app, user.user_id, "old").await;
    let (mut socket, hello) = Socket::open(&user, Some(1_000)).await;
    assert_eq!(hello["id"], 1);
    tell(&app, user.user_id, "new").await;
    assert_eq!(ids(&socket.notifications(1).await), [2]);
    // What is deleted meanwhile is no hole that anybody waits for.
    let newest = lines(&user).await[0]["id"].as_str().unwrap().to_owned();
    user.delete(&format!("/api/notifications/{newest}/"))
        .await
        .expect(204);
    let (mut socket, hello) = Socket::open(&user, Some(0)).await;
    assert_eq!(hello["id"], 0);
    assert_eq!(ids(&socket.notifications(1).await), [1]);
    tell(&app, user.user_id, "newer").await;
    assert_eq!(ids(&socket.notifications(1).await), [3]);
}

#[tokio::test]
async fn an_import_tells_how_far_it_is() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let (mut socket, _) = Socket::open(&admin, None).await;
    let rows: String = (0..600)
        .map(|n| {
            format!(
                "{}\n",
                json!({"external_id": n.to_string(), "title": "Welder", "company": "Sparks"})
            )
        })
        .collect();
    let request = admin
        .request(Method::POST, "/api/jobs/import/?source=trades")
        .header(header::CONTENT_TYPE, "application/x-ndjson")
        .body(rows);
    let id = Response::read(request, "upload".to_owned())
        .await
        .expect(202)
        .id();
    app.assert_enqueued::<ContinueImport>(|_| true).await;
    let mut done = Vec::new();
    let following = async {
        loop {
            let event = socket.event().await;
            if event["event"] == "notification" {
                return event;
            }
            assert_eq!(event["data"]["id"], id.to_string());
            done.push(event["data"]["rows_done"].as_i64().unwrap());
        }
    };
    let (end, _) = tokio::join!(following, app.drain_tasks());
    assert_eq!(end["data"]["kind"], "import_finished");
    assert_eq!(done[0], 0);
    assert!(done.len() > 1 && done.is_sorted(), "{done:?}");
}
