//! Exports of many rows, slow readers and those that go away.

use std::{collections::HashSet, time::Duration};

use futures::{StreamExt, future::join_all};
use reqwest::Method;
use serde_json::Value;
use uuid::Uuid;

use crate::{
    applications::Board,
    support::{Client, TestApp},
};

const ROWS: i64 = 20_000;

/// 20,000 jobs of the board's company with about `words` times five bytes each.
async fn fill(app: &TestApp, board: &Board, words: i32) {
    sqlx::query(
        "insert into jobs (employer_id, company_id, title, description, created_at)
         select j.employer_id, j.company_id, 'Painter ' || n, repeat(n || ' ', $3),
             app_now() - make_interval(secs => n / 3)
         from jobs j, generate_series(1, $2) n where j.id = $1",
    )
    .bind(board.job_id)
    .bind(ROWS - 1)
    .bind(words)
    .execute(&app.db)
    .await
    .expect("many jobs");
}

/// A download of which nothing but the head is read.
async fn begin(client: &Client) -> reqwest::Response {
    let answer = client
        .request(Method::GET, "/api/exports/jobs/?format=ndjson")
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status().as_u16(), 200);
    answer
}

#[tokio::test]
async fn each_of_twenty_thousand_rows_is_exported_once() {
    let app = TestApp::start().await;
    let board = Board::new(&app).await;
    fill(&app, &board, 1).await;
    let seeker = app.freelancer().await;
    sqlx::query("insert into applications (job_id, applicant_id) select id, $1 from jobs")
        .bind(seeker.user_id)
        .execute(&app.db)
        .await
        .expect("many applications");
    for client in [&board.employer, &app.admin().await] {
        for what in ["jobs", "applications"] {
            let path = format!("/api/exports/{what}/?format=ndjson");
            let answer = client.get(&path).await.expect(200);
            let ids: HashSet<Uuid> = answer
                .text
                .lines()
                .map(|line| {
                    let row: Value = serde_json::from_str(line).expect("an object");
                    row["id"].as_str().expect("an id").parse().expect("a key")
                })
                .collect();
            assert_eq!(answer.text.lines().count() as i64, ROWS);
            assert_eq!(ids.len() as i64, ROWS);
        }
    }
}

/// Were the rows read ahead of the client, they would be sent although they are
/// gone.
#[tokio::test]
async fn rows_are_read_as_the_client_takes_them() {
    let app = TestApp::start().await;
    let board = Board::new(&app).await;
    fill(&app, &board, 400).await;
    let answer = begin(&board.employer).await;
    let mut body = answer.bytes_stream();
    let mut text = body.next().await.expect("a chunk").expect("bytes").to_vec();
    sqlx::query("delete from jobs")
        .execute(&app.db)
        .await
        .expect("delete");
    while let Some(chunk) = body.next().await {
        text.extend_from_slice(&chunk.expect("bytes"));
    }
    let sent = text.split(|byte| *byte == b'\n').count() as i64;
    assert!(sent < ROWS / 2, "{sent} rows were read ahead");
}

#[tokio::test]
async fn readers_who_wait_or_leave_hold_no_connection() {
    let app = TestApp::start().await;
    let board = Board::new(&app).await;
    fill(&app, &board, 400).await;
    // More of them than the pool has connections.
    let waiting = join_all((0..30).map(|_| begin(&board.employer))).await;
    let others = (0..12).map(|_| app.db.acquire());
    let all = tokio::time::timeout(Duration::from_secs(20), join_all(others)).await;
    let all = all.expect("every connection is free");
    assert!(all.iter().all(Result::is_ok));
    drop(all);
    // Half of them leave, and the others come to an end.
    for (i, answer) in waiting.into_iter().enumerate() {
        if i == 0 {
            let text = answer.text().await.expect("the rest");
            assert_eq!(text.lines().count() as i64, ROWS);
        }
    }
    board.employer.get("/api/employers/jobs/").await.expect(200);
    let busy: i64 = sqlx::query_scalar(
        "select count(*) from pg_stat_activity
         where datname = current_database() and state <> 'idle' and pid <> pg_backend_pid()",
    )
    .fetch_one(&app.db)
    .await
    .expect("activity");
    assert_eq!(busy, 0);
}
