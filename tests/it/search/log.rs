//! What is remembered of searches, and what is not.

use jobboard_shared::search::tasks::ForgetSearches;
use serde_json::{Value, json};

use super::publish;
use crate::support::{Browser, Client, TestApp, until};

const PATH: &str = "/api/admin/searches/";

async fn search(client: &Client, query: &str) -> Value {
    let path = format!("/api/jobs/search/?{query}");
    client.get(&path).await.expect(200).json
}

/// Waits until what was counted in memory is written.
async fn written(app: &TestApp, count: i64) {
    let searches = async || -> i64 {
        sqlx::query_scalar("select coalesce(sum(searches), 0)::bigint from search_days")
            .fetch_one(&app.db)
            .await
            .expect("a count")
    };
    until("the log is written", async || searches().await >= count).await;
    assert_eq!(searches().await, count);
}

#[tokio::test]
async fn searches_are_counted_with_visitors_results_and_clicks() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let employer = app.employer().await;
    publish(&employer, "Nurse", json!({})).await;
    app.build_vocabulary().await;
    let (one, other) = (app.visitor(), app.visitor());
    let first = search(&one, "q=NURSE").await;
    let id = first["search_id"].as_str().expect("an id").to_owned();
    // Kept answers count too, and the same words are one search.
    search(&one, "q=NURSE").await;
    assert_eq!(search(&other, "q=nurse+").await["search_id"], json!(id));
    search(&one, "q=zeppelin").await;
    // Not searches: a further page, no words, and what may be somebody's address.
    search(&one, "q=nurse&page=2").await;
    for nothing in ["", "q=jo%40example.invalid", "q=%2B49+170+1234567"] {
        assert_eq!(search(&one, nothing).await["search_id"], Value::Null);
    }
    let clicks = "/api/jobs/search/clicks/";
    for (search_id, position) in [
        (&*id, 3),
        (&*id, 1),
        ("00000000-0000-0000-0000-000000000000", 1),
    ] {
        one.post(
            clicks,
            json!({"search_id": search_id, "position": position}),
        )
        .await
        .expect(204);
    }
    one.post(clicks, json!({"search_id": id, "position": 0}))
        .await
        .expect(422);
    written(&app, 4).await;
    let report = admin.get(PATH).await.expect(200);
    let nurse = &report.results()[0];
    for (name, value) in [
        ("words", json!("nurse")),
        ("searches", json!(3)),
        ("visitors", json!(2)),
        ("results", json!(1)),
        ("clicks", json!(2)),
        ("mean_position", json!(2.0)),
    ] {
        assert_eq!(nurse[name], value, "{name}");
    }
    let nothing = admin
        .get(&format!("{PATH}?without_results=true"))
        .await
        .expect(200);
    assert_eq!(nothing.results().len(), 1);
    assert_eq!(nothing.results()[0]["words"], "zeppelin");
    let first = admin.get(&format!("{PATH}?page_size=1")).await.expect(200);
    let cursor = first.json["next_cursor"].as_str().expect("a next page");
    let next = admin
        .get(&format!("{PATH}?page_size=1&cursor={cursor}"))
        .await;
    assert_eq!(next.expect(200).results()[0]["words"], "zeppelin");
}

#[tokio::test]
async fn nothing_tells_who_searched() {
    let app = TestApp::start().await;
    let freelancer = app.freelancer().await;
    search(&freelancer, "q=nurse&location=Berlin").await;
    written(&app, 1).await;
    let row: String = sqlx::query_scalar(
        "select (q.*)::text || (d.*)::text from search_queries q join search_days d on d.search_id = q.id",
    )
    .fetch_one(&app.db)
    .await
    .expect("a row");
    for personal in [
        freelancer.user_id.to_string(),
        freelancer.email.clone(),
        "127.0.0.1".to_owned(),
    ] {
        assert!(!row.contains(&personal), "{row}");
    }
    let filters: Value = sqlx::query_scalar("select filters from search_queries")
        .fetch_one(&app.db)
        .await
        .expect("filters");
    assert_eq!(filters, json!({"location": ["berlin"]}));
}

#[tokio::test]
async fn what_several_people_search_for_is_suggested_first() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    for title in ["Nurse A", "Nurse A", "Nurse B"] {
        publish(&employer, title, json!({})).await;
    }
    app.build_vocabulary().await;
    let first = async || -> Value {
        let answer = app
            .anonymous()
            .get("/api/jobs/search/suggest/?q=nurse")
            .await;
        answer.expect(200).results()[0]["text"].clone()
    };
    assert_eq!(first().await, "Nurse A");
    // One visitor decides nothing, however often they ask.
    let one = app.visitor();
    for page_size in 1..=6 {
        search(&one, &format!("q=nurse+b&page_size={page_size}")).await;
    }
    written(&app, 6).await;
    app.build_vocabulary().await;
    assert_eq!(first().await, "Nurse A");
    for _ in 0..2 {
        search(&app.visitor(), "q=nurse+b").await;
    }
    written(&app, 8).await;
    app.build_vocabulary().await;
    assert_eq!(first().await, "Nurse B");
}

#[tokio::test]
async fn old_searches_are_forgotten() {
    let app = TestApp::start().await;
    search(&app.visitor(), "q=nurse").await;
    search(&app.visitor(), "q=painter").await;
    written(&app, 2).await;
    for table in [
        "search_days set day = day - 91",
        "search_queries set last_on = last_on - 91",
    ] {
        let condition = if table.starts_with("search_days") {
            "where search_id in (select id from search_queries where words = 'nurse')"
        } else {
            "where words = 'nurse'"
        };
        sqlx::query(sqlx::AssertSqlSafe(format!("update {table} {condition}")))
            .execute(&app.db)
            .await
            .expect("an old search");
    }
    let mut conn = app.db.acquire().await.expect("a connection");
    jobboard_shared::queue::enqueue(&mut conn, &ForgetSearches {})
        .await
        .expect("enqueue");
    drop(conn);
    app.drain_tasks().await;
    let words: Vec<String> = sqlx::query_scalar("select words from search_queries")
        .fetch_all(&app.db)
        .await
        .expect("words");
    assert_eq!(words, ["painter"]);
}

#[tokio::test]
async fn in_a_browser_words_that_find_nothing_are_listed() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let employer = app.employer().await;
    publish(&employer, "Nurse", json!({})).await;
    app.drain_tasks().await;
    let visitor = app.visitor();
    for query in ["q=nurse", "q=%3Cb%3Ezeppelin"] {
        search(&visitor, query).await;
    }
    written(&app, 2).await;
    let mut browser = Browser::start().await;
    let page = format!("{}/admin/searches/?days=7", app.base);
    browser.open_signed_in(&page, &admin.email).await;
    browser.click("header nav a[href='/admin/searches/']").await;
    browser
        .until("document.querySelectorAll('tbody tr').length === 2")
        .await;
    browser.click(".tabs a:nth-child(2)").await;
    browser
        .until("document.querySelectorAll('tbody tr').length === 1")
        .await;
    let words = browser
        .value("document.querySelector('tbody td').innerText")
        .await;
    assert_eq!(words, "b zeppelin");
    assert!(browser.complaints.is_empty(), "{:?}", browser.complaints);
}
