//! Lists by cursor and by number, while they change.

use std::{
    collections::HashSet,
    sync::atomic::{AtomicUsize, Ordering},
};

use serde_json::json;
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use crate::{
    jobs::publish,
    support::{Client, Response, TestApp, until},
};

fn ids(page: &Response) -> Vec<Uuid> {
    let id = |row: &serde_json::Value| row["id"].as_str().unwrap().parse().unwrap();
    page.results().iter().map(id).collect()
}

/// Where the `Link` header leads.
fn link(page: &Response, relation: &str) -> Option<String> {
    let links = page.headers["link"].to_str().unwrap();
    let end = format!("; rel=\"{relation}\"");
    let found = links
        .split(", ")
        .find_map(|link| link.strip_suffix(&*end))?;
    Some(found.trim_matches(['<', '>']).to_owned())
}

/// Published jobs, spread over the last hundred days; all of one company.
async fn add_jobs(conn: &mut PgConnection, number: i32) {
    sqlx::query(
        "insert into jobs (company_id, title, status, published_at)
         select (select id from companies limit 1), 'Job ' || n, 'published',
             app_now() - random() * interval '100 days'
         from generate_series(1, $1) n",
    )
    .bind(number)
    .execute(conn)
    .await
    .unwrap();
}

async fn all_ids(conn: &mut PgConnection) -> HashSet<Uuid> {
    let ids: Vec<Uuid> = sqlx::query_scalar("select id from jobs")
        .fetch_all(conn)
        .await
        .unwrap();
    ids.into_iter().collect()
}

#[tokio::test]
async fn ten_thousand_jobs_are_read_once_each_while_others_come_and_go() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    employer
        .post("/api/companies/", json!({"name": "Acme"}))
        .await
        .expect(201);
    let mut conn = PgConnection::connect(app.database_url()).await.unwrap();
    add_jobs(&mut conn, 10_000).await;
    let before = all_ids(&mut conn).await;

    let pages = AtomicUsize::new(0);
    let change = async {
        for step in 0..100 {
            // In step with the reader, who may have fewer pages to read in the end.
            until("pages are read", async || {
                pages.load(Ordering::Relaxed) >= step * 8 / 10
            })
            .await;
            add_jobs(&mut conn, 10).await;
            sqlx::query(
                "delete from jobs where id in
                   (select id from jobs where id = any($1) order by random() limit 10)",
            )
            .bind(before.iter().copied().collect::<Vec<_>>())
            .execute(&mut conn)
            .await
            .unwrap();
        }
    };
    let read = async {
        let mut seen = Vec::new();
        let mut next = Some("/api/jobs/?page_size=100".to_owned());
        while let Some(path) = next {
            let page = app.anonymous().get(&path).await.expect(200);
            seen.extend(ids(&page));
            pages.fetch_add(1, Ordering::Relaxed);
            next = link(&page, "next");
        }
        seen
    };
    let ((), seen) = tokio::join!(change, read);

    let after = all_ids(&mut conn).await;
    let lived: HashSet<_> = before.intersection(&after).copied().collect();
    assert_eq!(
        (before.len(), after.len(), lived.len()),
        (10_000, 10_000, 9_000)
    );
    let unique: HashSet<_> = seen.iter().copied().collect();
    assert_eq!(unique.len(), seen.len(), "a job came twice");
    let missing = lived.difference(&unique).count();
    assert_eq!(missing, 0, "jobs that lived throughout were left out");
}

async fn walk(client: &Client, start: &str, relation: &str) -> Vec<Vec<Uuid>> {
    let mut pages = Vec::new();
    let mut next = Some(start.to_owned());
    while let Some(path) = next {
        let page = client.get(&path).await.expect(200);
        pages.push(ids(&page));
        next = link(&page, relation);
    }
    pages
}

#[tokio::test]
async fn links_lead_forth_and_back() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    for n in 0..5 {
        publish(&employer, &format!("Cook {n}")).await;
    }
    let client = app.anonymous();
    for start in ["/api/jobs/?page_size=2", "/api/jobs/?page_size=2&page=1"] {
        let forth = walk(&client, start, "next").await;
        assert_eq!(forth.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 1]);
        let mut last = client.get(start).await;
        while let Some(next) = link(&last, "next") {
            last = client.get(&next).await.expect(200);
        }
        let mut back = vec![ids(&last)];
        let previous = link(&last, "prev").unwrap();
        back.extend(walk(&client, &previous, "prev").await);
        back.reverse();
        assert_eq!(back, forth, "{start}");
        let first = client.get(&link(&last, "first").unwrap()).await.expect(200);
        assert_eq!(ids(&first), forth[0]);
    }
    app.drain_tasks().await;
}

#[tokio::test]
async fn sizes_and_places_have_bounds() {
    let app = TestApp::start().await;
    let client = app.anonymous();
    for bad in [
        "page_size=0",
        "page_size=101",
        "page=0",
        "page=10001",
        "page=1&cursor=x",
        "cursor=x",
        "cursor=",
    ] {
        client.get(&format!("/api/jobs/?{bad}")).await.expect(422);
    }
    let page = client
        .get("/api/jobs/?page=10000&page_size=100")
        .await
        .expect(200);
    assert_eq!(page.json["count"], 0);
    let unknown = client.get("/api/jobs/?pagesize=3").await.expect(422);
    assert!(
        unknown.text.contains("did you mean `page_size`?"),
        "{}",
        unknown.text
    );
}
