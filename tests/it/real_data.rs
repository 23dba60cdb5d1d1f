//! The main job on real ads. Reads them from the folder `JOBBOARD_TEST_DATA`;
//! where it is not set, says so and passes.

use std::path::PathBuf;

use reqwest::{Method, header};
use serde_json::Value;

use crate::support::{Client, Response, TestApp};

const NYC_MAPPING: &str = "?source=nyc&map=external_id=Job+ID&map=title=Business+Title&map=company=Agency\
    &map=job_type=Full-Time/Part-Time+indicator&map=salary_min=Salary+Range+From\
    &map=salary_max=Salary+Range+To&map=salary_period=Salary+Frequency&map=location=Work+Location\
    &map=description=Job+Description&map=requirements=Minimum+Qual+Requirements\
    &map=category=Job+Category&map=posted_at=Posting+Date";

fn read(file: &str) -> Option<Vec<u8>> {
    let Some(folder) = std::env::var_os("JOBBOARD_TEST_DATA") else {
        println!("skipped: JOBBOARD_TEST_DATA is not set");
        return None;
    };
    let path = PathBuf::from(folder).join("jobs").join(file);
    Some(std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display())))
}

async fn import(app: &TestApp, client: &Client, query: &str, format: &str, file: Vec<u8>) -> Value {
    let path = format!("/api/jobs/import/{query}");
    let request = client
        .request(Method::POST, &path)
        .header(header::CONTENT_TYPE, format)
        .body(file);
    let id = Response::read(request, "import".to_owned())
        .await
        .expect(202)
        .id();
    app.drain_tasks().await;
    client
        .get(&format!("/api/imports/{id}/"))
        .await
        .expect(200)
        .json
}

fn count(report: &Value, name: &str) -> i64 {
    report[name]
        .as_i64()
        .unwrap_or_else(|| panic!("{name} in {report}"))
}

fn assert_adds_up(report: &Value, rows: i64) {
    assert_eq!(report["status"], "finished", "{report}");
    let parts = ["created", "updated", "duplicates", "failed"].map(|name| count(report, name));
    assert_eq!(
        (parts.iter().sum::<i64>(), count(report, "rows_done")),
        (rows, rows),
        "{report}"
    );
}

/// The first result of a search shows this in its title or its snippet.
async fn assert_finds(app: &TestApp, query: &str, part: &str) {
    let path = format!("/api/jobs/search/?q={query}");
    let found = app.anonymous().get(&path).await.expect(200);
    let first = found
        .results()
        .first()
        .unwrap_or_else(|| panic!("nothing for {query:?}"));
    assert!(
        first.to_string().to_lowercase().contains(part),
        "{query:?} found {first}"
    );
}

#[tokio::test]
async fn remote_ads_are_imported_found_and_not_imported_twice() {
    let Some(file) = read("remote_ads.ndjson") else {
        return;
    };
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let report = import(&app, &admin, "", "application/x-ndjson", file.clone()).await;
    assert_adds_up(&report, 1016);
    assert!(count(&report, "created") > 950, "{report}");
    let again = import(&app, &admin, "", "application/x-ndjson", file).await;
    assert_adds_up(&again, 1016);
    assert_eq!((count(&again, "created"), count(&again, "updated")), (0, 0));
    assert_eq!(count(&again, "failed"), count(&report, "failed"));
    assert_finds(&app, "python", "python").await;
    // No ad has the word itself; its stem is what they share.
    assert_finds(&app, "Entwickler", "entwickl").await;
}

#[tokio::test]
async fn city_ads_are_imported_once_per_id() {
    let Some(file) = read("nyc_jobs.csv") else {
        return;
    };
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let report = import(&app, &admin, NYC_MAPPING, "text/csv", file.clone()).await;
    assert_adds_up(&report, 3977);
    // Of 2,188 ids some have shifted columns in every row, and those are reported.
    let refused = count(&report, "failed");
    assert!((1..=5).contains(&refused), "{report}");
    assert!(count(&report, "created") >= 2188 - refused, "{report}");
    let again = import(&app, &admin, NYC_MAPPING, "text/csv", file).await;
    assert_adds_up(&again, 3977);
    assert_eq!(
        (count(&again, "created"), count(&again, "updated")),
        (0, 0),
        "{again}"
    );
    assert_finds(&app, "painter", "painter").await;
}
