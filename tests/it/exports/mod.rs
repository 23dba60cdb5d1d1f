//! Bulk exports, streamed.

mod streaming;

use serde_json::{Value, json};

use crate::{
    applications::Board,
    jobs::{ad, post, with},
    support::{Response, TestApp},
};

fn lines(answer: &Response) -> Vec<Value> {
    answer
        .text
        .lines()
        .map(|line| serde_json::from_str(line).expect("an object a line"))
        .collect()
}

fn table(answer: &Response) -> Vec<csv::StringRecord> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(answer.text.as_bytes())
        .records()
        .collect::<Result<_, _>>()
        .expect("CSV")
}

#[tokio::test]
async fn an_employer_exports_their_jobs_in_both_formats() {
    let app = TestApp::start().await;
    let (owner, other) = (app.employer().await, app.employer().await);
    let body = with(
        ad("=HYPERLINK(\"http://evil.example\")"),
        json!({"description": "a, \"b\"\nc", "location": "+1", "salary_min": "100.50",
               "skills": ["Rust", "SQL"]}),
    );
    post(&owner, body).await;
    post(&owner, ad("Cook")).await;
    post(&other, json!({"title": "Foreign", "company": "Other"})).await;

    let csv = owner.get("/api/exports/jobs/").await.expect(200);
    assert_eq!(csv.headers["content-type"], "text/csv; charset=utf-8");
    let name = csv.headers["content-disposition"].to_str().unwrap();
    assert!(name.starts_with("attachment; filename=\"jobs-20"), "{name}");
    assert!(name.ends_with(".csv\""), "{name}");
    let rows = table(&csv);
    assert_eq!(rows.len(), 3);
    let column = |name: &str| rows[0].iter().position(|column| column == name).unwrap();
    assert_eq!(
        &rows[1][column("title")],
        "'=HYPERLINK(\"http://evil.example\")"
    );
    assert_eq!(&rows[1][column("location")], "'+1");
    assert_eq!(&rows[1][column("description")], "a, \"b\"\nc");
    assert_eq!(&rows[1][column("salary_min")], "100.50");
    assert_eq!(&rows[1][column("skills")], "Rust; SQL");
    assert_eq!(&rows[2][column("title")], "Cook");

    let ndjson = owner
        .get("/api/exports/jobs/?format=ndjson")
        .await
        .expect(200);
    assert_eq!(ndjson.headers["content-type"], "application/x-ndjson");
    let rows = lines(&ndjson);
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0]["title"], "=HYPERLINK(\"http://evil.example\")");
    assert_eq!(rows[0]["status"], "draft");
    assert_eq!(rows[0]["published_at"], json!(null));
    assert_eq!(rows[0]["is_remote"], false);

    let all = app
        .admin()
        .await
        .get("/api/exports/jobs/?format=ndjson")
        .await
        .expect(200);
    assert_eq!(lines(&all).len(), 3);
    app.drain_tasks().await;
}

#[tokio::test]
async fn an_employer_exports_the_applications_for_their_jobs() {
    let app = TestApp::start().await;
    let board = Board::new(&app).await;
    let stranger = Board::new(&app).await;
    let seeker = app.freelancer().await;
    board.apply(&seeker).await.expect(201);
    stranger.apply(&seeker).await.expect(201);
    let own = board
        .employer
        .get("/api/exports/applications/?format=ndjson")
        .await
        .expect(200);
    let rows = lines(&own);
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["applicant_email"], json!(seeker.email));
    assert_eq!(rows[0]["job_title"], "Painter");
    assert_eq!(rows[0]["cover_letter"], "I paint.");
    let csv = board
        .employer
        .get("/api/exports/applications/")
        .await
        .expect(200);
    assert_eq!(table(&csv).len(), 2);
    app.drain_tasks().await;
}

#[tokio::test]
async fn exports_are_for_employers_and_administrators() {
    let app = TestApp::start().await;
    let empty = app.employer().await;
    for what in ["jobs", "applications"] {
        let path = format!("/api/exports/{what}/");
        app.anonymous().get(&path).await.expect(401);
        app.freelancer().await.get(&path).await.expect(403);
        let header = empty.get(&path).await.expect(200);
        assert_eq!(table(&header).len(), 1);
        let nothing = empty
            .get(&format!("{path}?format=ndjson"))
            .await
            .expect(200);
        assert_eq!(nothing.text, "");
        empty.get(&format!("{path}?format=xlsx")).await.expect(422);
    }
}
