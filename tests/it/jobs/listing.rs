use std::{collections::HashSet, time::Duration};

use serde_json::{Value, json};

use super::{ad, post, publish, with};
use crate::support::{Client, Response, TestApp};

fn titles(list: &Response) -> Vec<&str> {
    list.results()
        .iter()
        .map(|job| job["title"].as_str().unwrap())
        .collect()
}

async fn board(app: &TestApp) -> Client {
    let employer = app.employer().await;
    let jobs = [
        (
            "Cook",
            json!({"job_type": "part_time", "location": "New York, NY", "salary_min": 20, "salary_period": "hourly", "category": "hospitality"}),
        ),
        (
            "Developer",
            json!({"experience_level": "senior", "location": "Berlin", "is_remote": true, "salary_min": 90000, "salary_max": 120000, "salary_currency": "EUR", "category": "software-development"}),
        ),
        (
            "Tester",
            json!({"job_type": "contract", "experience_level": "entry", "location": "York_100%", "salary_max": 400, "salary_period": "daily", "category": "engineering"}),
        ),
    ];
    for (title, fields) in jobs {
        let body = with(with(ad(title), json!({"status": "published"})), fields);
        post(&employer, body).await;
    }
    post(&employer, ad("Draft")).await;
    employer
}

#[tokio::test]
async fn published_jobs_are_listed_newest_first() {
    let app = TestApp::start().await;
    board(&app).await;
    let list = app.anonymous().get("/api/jobs").await.expect(200);
    assert_eq!(titles(&list), ["Tester", "Developer", "Cook"]);
    assert_eq!(list.json["page_size"], 20);
    assert_eq!(list.json["next_cursor"], json!(null));
    let first = &list.results()[0];
    assert_eq!(first["company"]["slug"], "tech-corp");
    assert_eq!(first["category"]["name"], "Engineering");
    assert_eq!(
        first.get("description"),
        None,
        "long texts stay out of lists"
    );
    app.drain_tasks().await;
}

#[tokio::test]
async fn each_filter_narrows_the_list() {
    let app = TestApp::start().await;
    let employer = board(&app).await;
    let other = app.employer().await;
    let body = json!({"title": "Waiter", "company": "Bistro", "status": "published"});
    post(&other, body).await;
    let company = employer
        .get("/api/employers/companies/")
        .await
        .expect(200)
        .results()[0]["id"]
        .clone();
    let by_company = format!("company={}", company.as_str().unwrap());
    for (filter, expected) in [
        ("job_type=contract", vec!["Tester"]),
        (
            "job_type=contract&job_type=part_time",
            vec!["Tester", "Cook"],
        ),
        (
            "experience_level=senior&experience_level=entry",
            vec!["Tester", "Developer"],
        ),
        ("is_remote=true", vec!["Developer"]),
        ("is_remote=false", vec!["Waiter", "Tester", "Cook"]),
        // With the categories below it.
        ("category=engineering", vec!["Tester", "Developer"]),
        ("category=Software%20Development", vec!["Developer"]),
        ("location=york", vec!["Tester", "Cook"]),
        ("location=york_1", vec!["Tester"]),
        ("location=0%25", vec!["Tester"]),
        // 20 an hour is 41,600 a year, 400 a day 104,000.
        ("salary_min=41600", vec!["Tester", "Developer", "Cook"]),
        ("salary_min=41600.01", vec!["Tester", "Developer"]),
        ("salary_min=104001", vec!["Developer"]),
        ("salary_max=41600", vec!["Cook"]),
        ("salary_max=100000", vec!["Developer", "Cook"]),
        ("salary_min=1&salary_currency=EUR", vec!["Developer"]),
        ("company=tech-corp", vec!["Tester", "Developer", "Cook"]),
        (by_company.as_str(), vec!["Tester", "Developer", "Cook"]),
        ("company=Bistro", vec!["Waiter"]),
        (
            "posted_after=2001-01-01T00:00:00Z&job_type=contract",
            vec!["Tester"],
        ),
        ("posted_after=2999-01-01T00:00:00Z", vec![]),
        (
            "category=engineering&is_remote=true&job_type=contract",
            vec![],
        ),
    ] {
        let list = app
            .anonymous()
            .get(&format!("/api/jobs/?{filter}"))
            .await
            .expect(200);
        assert_eq!(titles(&list), expected, "{filter}");
        let page = app
            .anonymous()
            .get(&format!("/api/jobs/?{filter}&page=1"))
            .await
            .expect(200);
        assert_eq!(titles(&page), expected, "{filter}");
        assert_eq!(page.json["count"], expected.len(), "{filter}");
    }
    app.drain_tasks().await;
}

#[tokio::test]
async fn every_wrong_parameter_is_named() {
    let app = TestApp::start().await;
    let refused = app
        .anonymous()
        .get("/api/jobs/?job_type=never&is_remote=perhaps&salary_min=x&posted_after=monday&page_size=0&q=cook")
        .await
        .expect(422);
    let fields: Vec<_> = refused.field_errors().into_iter().map(|e| e.0).collect();
    assert_eq!(
        fields,
        [
            "is_remote",
            "job_type.0",
            "page_size",
            "posted_after",
            "q",
            "salary_min"
        ]
    );
    for wrong in ["category=nothing", "company=nobody"] {
        app.anonymous()
            .get(&format!("/api/jobs/?{wrong}"))
            .await
            .expect(422);
    }
}

#[tokio::test]
async fn cursors_lead_through_the_whole_list_once_while_jobs_come_and_go() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    let mut expected = Vec::new();
    for i in 0..7 {
        expected.push(publish(&employer, &format!("Job {i}")).await.to_string());
    }
    // Jobs of one instant are told apart by their ids.
    sqlx::query("update jobs set published_at = app_now() - interval '1 hour'")
        .execute(&app.db)
        .await
        .unwrap();
    let reader = app.anonymous();
    let mut seen: Vec<String> = Vec::new();
    let mut path = "/api/jobs/?page_size=2".to_owned();
    loop {
        let list = reader.get(&path).await.expect(200);
        seen.extend(
            list.results()
                .iter()
                .map(|job| job["id"].as_str().unwrap().to_owned()),
        );
        // A newer one moves nothing; one that is read and closed neither.
        publish(&employer, "Newer").await;
        employer
            .post(&format!("/api/jobs/{}/close/", seen[0]), json!(null))
            .await
            .expect(200);
        match list.json["next_cursor"].as_str() {
            Some(cursor) => path = format!("/api/jobs/?page_size=2&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen.len(), 7);
    let seen: HashSet<_> = seen.into_iter().collect();
    assert_eq!(seen, expected.into_iter().collect());
    app.drain_tasks().await;
}

#[tokio::test]
async fn pages_are_numbered_and_counted() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    for i in 0..5 {
        publish(&employer, &format!("Job {i}")).await;
    }
    let reader = app.anonymous();
    let page = reader
        .get("/api/jobs/?page=2&page_size=2")
        .await
        .expect(200);
    assert_eq!(titles(&page), ["Job 2", "Job 1"]);
    assert_eq!(page.json["page"], 2);
    assert_eq!(page.json["count"], 5);
    let link = page.headers["link"].to_str().unwrap();
    assert!(link.contains("page=3>; rel=\"next\""), "{link}");
    let last = reader
        .get("/api/jobs/?page=3&page_size=2")
        .await
        .expect(200);
    assert_eq!(titles(&last), ["Job 0"]);
    let beyond = reader
        .get("/api/jobs/?page=4&page_size=2")
        .await
        .expect(200);
    assert!(beyond.results().is_empty());
    reader.get("/api/jobs/?cursor=forged").await.expect(422);
    app.drain_tasks().await;
}

#[tokio::test]
async fn the_list_follows_time() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    publish(&employer, "Old").await;
    app.advance_time(Duration::from_secs(60)).await;
    let between = app.clock.now().to_rfc3339().replace('+', "%2B");
    app.advance_time(Duration::from_secs(60)).await;
    publish(&employer, "New").await;
    let path = format!("/api/jobs/?posted_after={between}");
    let list = app.anonymous().get(&path).await.expect(200);
    assert_eq!(titles(&list), ["New"]);
    app.drain_tasks().await;
}

#[tokio::test]
async fn categories_count_published_jobs_with_those_below() {
    let app = TestApp::start().await;
    board(&app).await;
    let list = app
        .anonymous()
        .get("/api/jobs/categories/")
        .await
        .expect(200);
    let find = |slug: &str| -> Value {
        let found = list.results().iter().find(|c| c["slug"] == slug);
        found.unwrap().clone()
    };
    let engineering = find("engineering");
    assert_eq!(engineering["job_count"], 1);
    assert_eq!(engineering["total_job_count"], 2);
    assert_eq!(engineering["parent_id"], json!(null));
    let software = find("software-development");
    assert_eq!(software["job_count"], 1);
    assert_eq!(software["parent_id"], engineering["id"]);
    assert_eq!(find("sales")["total_job_count"], 0);
    app.drain_tasks().await;
}
